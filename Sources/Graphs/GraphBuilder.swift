package import Tensors

/// Builds a ``Graph`` node by node, inferring every shape.
package struct GraphBuilder {
    private var nodes: [Node]
    private var operators: [OperatorLayout] = []
    private var features = 0
    private var slotCount = 0
    private var reading = 0

    /// A graph of an input alone.
    ///
    /// - Parameters:
    ///   - size: Voxels per sample.
    ///   - channels: Channels of the volume.
    package init(input size: VolumeSize, channels: Int) {
        nodes = [Node(kind: .input, inputs: [], size: size, channels: channels, slot: nil)]
    }

    /// The index of the node that the next one reads: the latest, or what ``read(from:)`` named.
    package var last: Int { reading }

    /// Makes the next node read an earlier one, for a branch.
    ///
    /// - Parameter node: The index of the node.
    package mutating func read(from node: Int) {
        precondition(nodes.indices.contains(node), "no node \(node)")
        reading = node
    }

    /// Voxels per sample of a node's output.
    func size(of node: Int) -> VolumeSize { nodes[node].size }

    /// Channels of a node's output.
    package func channels(of node: Int) -> Int { nodes[node].channels }

    /// Adds an operator for the nodes that follow to refer to.
    ///
    /// - Parameter layout: The operator.
    /// - Returns: A handle for the calls below.
    package mutating func add(_ layout: OperatorLayout) -> Layer {
        operators.append(layout)
        return Layer(index: operators.count - 1, layout: layout)
    }

    /// An operator of the graph being built.
    package struct Layer {
        let index: Int
        let layout: OperatorLayout

        func parameter(_ name: String) -> ParameterReference {
            guard let range = layout.range(of: name) else {
                preconditionFailure("operator \(layout.id) has no parameter \(name)")
            }
            return ParameterReference(layer: index, range: range)
        }

        func statistics(_ name: String) -> StatisticsReference {
            var start = 0
            for normalization in layout.normalizations {
                let count = normalization.channels
                if normalization.name == name {
                    return StatisticsReference(
                        layer: index, mean: start..<(start + count),
                        variance: (start + count)..<(start + 2 * count))
                }
                start += 2 * count
            }
            preconditionFailure("operator \(layout.id) has no batch norm \(name)")
        }
    }

    /// Adds a dense convolution with "same" padding.
    ///
    /// - Parameters:
    ///   - layer: The operator; its parameter `name.weight` is `[taps, in, channels]`.
    ///   - name: The convolution's name in the operator.
    ///   - kernel: The kernel, odd along every axis.
    ///   - stride: The stride.
    ///   - channels: Output channels.
    package mutating func convolution(
        _ layer: Layer, _ name: String, kernel: VolumeSize, stride: VolumeSize, channels: Int
    ) {
        append(
            .convolution(
                weights: layer.parameter(name + ".weight"), kernel: kernel, stride: stride),
            size: nodes[last].size.dividedRoundingUp(by: stride), channels: channels)
    }

    /// Adds a 1×1×1 convolution.
    ///
    /// - Parameters:
    ///   - layer: The operator; its parameter `name.weight` is `[in, channels]`.
    ///   - name: The convolution's name in the operator.
    ///   - channels: Output channels.
    ///   - stride: The stride.
    ///   - bias: Whether `name.bias` is added.
    package mutating func pointwise(
        _ layer: Layer, _ name: String, channels: Int,
        stride: VolumeSize = VolumeSize(cubic: 1), bias: Bool = false
    ) {
        append(
            .pointwise(
                weights: layer.parameter(name + ".weight"),
                bias: bias ? layer.parameter(name + ".bias") : nil, stride: stride),
            size: nodes[last].size.dividedRoundingUp(by: stride), channels: channels)
    }

    /// Adds a depthwise convolution.
    ///
    /// - Parameters:
    ///   - layer: The operator; its parameter `name.weight` is `[kernel³, channels]`.
    ///   - name: The convolution's name in the operator.
    ///   - kernel: The kernel's extent: 3, 5 or 7.
    package mutating func depthwise(_ layer: Layer, _ name: String, kernel: Int) {
        append(
            .depthwise(weights: layer.parameter(name + ".weight"), kernel: kernel),
            size: nodes[last].size, channels: nodes[last].channels)
    }

    /// Adds a batch norm.
    ///
    /// - Parameters:
    ///   - layer: The operator; it has `name.weight`, `name.bias` and a normalization `name`.
    ///   - name: The batch norm's name in the operator.
    ///   - activation: What follows.
    ///   - epsilon: What is added to the variance.
    package mutating func normalization(
        _ layer: Layer, _ name: String, activation: Activation, epsilon: Double
    ) {
        append(
            .normalization(
                NodeKind.Normalization(
                    scale: layer.parameter(name + ".weight"),
                    shift: layer.parameter(name + ".bias"), statistics: layer.statistics(name),
                    epsilon: epsilon, activation: activation)),
            size: nodes[last].size, channels: nodes[last].channels)
    }

    /// Adds the latest node's output to that of another.
    ///
    /// - Parameter other: The other node, of the same shape.
    package mutating func sum(with other: Int) {
        append(
            .sum, inputs: [last, other], size: nodes[last].size, channels: nodes[last].channels)
    }

    /// Declares the latest node to be the output of the next searched slot.
    package mutating func endSlot() {
        let node = nodes[last]
        nodes[last] = Node(
            kind: node.kind, inputs: node.inputs, size: node.size, channels: node.channels,
            slot: slotCount)
        slotCount += 1
    }

    /// Adds the head: average over all voxels, dropout and a linear layer.
    ///
    /// - Parameters:
    ///   - layer: The operator, with `name.weight` `[channels, classes]` and `name.bias`.
    ///   - name: The linear layer's name in the operator.
    ///   - classes: The number of classes.
    package mutating func classifier(_ layer: Layer, _ name: String, classes: Int) {
        features = last
        let one = VolumeSize(cubic: 1)
        append(.globalAverage, size: one, channels: nodes[last].channels)
        append(.dropout, size: one, channels: nodes[last].channels)
        append(
            .linear(
                weights: layer.parameter(name + ".weight"), bias: layer.parameter(name + ".bias")),
            size: one, channels: classes)
    }

    /// The finished graph.
    package func build() -> Graph {
        Graph(nodes: nodes, operators: operators, features: features, slotCount: slotCount)
    }

    mutating func append(
        _ kind: NodeKind, inputs: [Int]? = nil, size: VolumeSize, channels: Int
    ) {
        nodes.append(
            Node(kind: kind, inputs: inputs ?? [last], size: size, channels: channels, slot: nil))
        reading = nodes.count - 1
    }
}
