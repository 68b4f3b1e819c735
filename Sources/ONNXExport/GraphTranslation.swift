import Graphs
import Tensors

/// Turns the nodes of a graph into ONNX operators, one after the other.
///
/// A new kind of node is a case in ``translate(_:_:)``; shapes need no care, since every operator
/// here computes its own.
struct GraphTranslation {
    /// The name of the network's input.
    static let input = "volume"

    let graph: Graph
    let parameters: ParameterSet
    let statistics: ParameterSet
    private(set) var nodes: [ONNXModel.Node] = []
    private(set) var constants: [ONNXModel.Constant] = []
    /// The name of every node's output.
    private var outputs: [String] = []
    private var constantNames: Set<String> = []

    init(graph: Graph, parameters: ParameterSet, statistics: ParameterSet) {
        self.graph = graph
        self.parameters = parameters
        self.statistics = statistics
    }

    mutating func run() {
        for (index, node) in graph.nodes.enumerated() { translate(index, node) }
        let last = outputs[outputs.count - 1]
        emit("Identity", [last], to: "logits")
        emit("Softmax", ["logits"], to: "probabilities", [("axis", .integer(1))])
    }

    private mutating func translate(_ index: Int, _ node: Node) {
        let sources = node.inputs.map { outputs[$0] }
        let name = "node\(index)"
        switch node.kind {
        case .input:
            outputs.append(Self.input)
            return
        case .convolution(let weights, let kernel, let stride):
            convolve(
                sources, to: name, weights: constant(weights, kernel: kernel), bias: nil,
                kernel: kernel, stride: stride)
        case .pointwise(let weights, let bias, let stride):
            let one = VolumeSize(cubic: 1)
            convolve(
                sources, to: name, weights: constant(weights, kernel: one),
                bias: bias.map { constant($0) }, kernel: one, stride: stride)
        case .depthwise(let weights, let extent):
            let kernel = VolumeSize(cubic: extent)
            convolve(
                sources, to: name, weights: constant(weights, kernel: kernel, isDepthwise: true),
                bias: nil, kernel: kernel, stride: VolumeSize(cubic: 1), groups: node.channels)
        case .normalization(let norm):
            normalize(sources, to: name, norm)
        case .sum:
            emit("Add", sources, to: name)
        case .activation(let activation):
            activate(sources[0], to: name, activation)
        case .maxPooling(let kernel, let stride):
            let padding = [kernel.depth / 2, kernel.height / 2, kernel.width / 2]
            emit(
                "MaxPool", sources, to: name,
                [
                    ("kernel_shape", .integers(Self.extents(kernel))),
                    ("pads", .integers(padding + padding)),
                    ("strides", .integers(Self.extents(stride))),
                ])
        case .averagePooling(let window):
            emit(
                "AveragePool", sources, to: name,
                [
                    ("kernel_shape", .integers(Self.extents(window))),
                    ("strides", .integers(Self.extents(window))),
                ])
        case .concatenation:
            emit("Concat", sources, to: name, [("axis", .integer(1))])
        case .globalAverage:
            emit("GlobalAveragePool", sources, to: name + ".pooled")
            emit("Flatten", [name + ".pooled"], to: name, [("axis", .integer(1))])
        case .dropout:
            // The identity in evaluation mode.
            outputs.append(sources[0])
            return
        case .linear(let weights, let bias):
            emit("Gemm", sources + [constant(weights), constant(bias)], to: name)
        }
        outputs.append(name)
    }

    /// A convolution with "same" padding of half the kernel, as all of ours.
    private mutating func convolve(
        _ sources: [String], to output: String, weights: String, bias: String?,
        kernel: VolumeSize, stride: VolumeSize, groups: Int = 1
    ) {
        let padding = [kernel.depth / 2, kernel.height / 2, kernel.width / 2]
        emit(
            "Conv", sources + [weights] + (bias.map { [$0] } ?? []), to: output,
            [
                ("group", .integer(groups)), ("kernel_shape", .integers(Self.extents(kernel))),
                ("pads", .integers(padding + padding)),
                ("strides", .integers(Self.extents(stride))),
            ])
    }

    private mutating func normalize(
        _ sources: [String], to output: String, _ norm: NodeKind.Normalization
    ) {
        let isLast = norm.activation == .linear
        let normalized = isLast ? output : output + ".normalized"
        let layout = graph.operators[norm.statistics.layer]
        let moments = statistics[layout.id] ?? []
        let stem = parameterName(norm.scale).dropLast(".weight".count)
        let mean = add("\(stem).mean", [norm.statistics.mean.count], moments[norm.statistics.mean])
        let variance = add(
            "\(stem).variance", [norm.statistics.variance.count], moments[norm.statistics.variance])
        emit(
            "BatchNormalization",
            sources + [constant(norm.scale), constant(norm.shift), mean, variance], to: normalized,
            [("epsilon", .float(Float(norm.epsilon)))])
        if !isLast { activate(normalized, to: output, norm.activation) }
    }

    private mutating func activate(
        _ source: String, to output: String, _ activation: Activation
    ) {
        switch activation {
        case .linear: emit("Identity", [source], to: output)
        case .relu: emit("Relu", [source], to: output)
        case .relu6:
            let bounds = [add("relu6.minimum", [], [0]), add("relu6.maximum", [], [6])]
            emit("Clip", [source] + bounds, to: output)
        }
    }

    private mutating func emit(
        _ operation: String, _ inputs: [String], to output: String,
        _ attributes: [(name: String, value: ONNXModel.Attribute)] = []
    ) {
        nodes.append(
            ONNXModel.Node(
                operation: operation, name: "\(output)/\(operation)", inputs: inputs,
                outputs: [output], attributes: attributes))
    }

    /// A parameter as it is: a bias, a scale, or a linear layer's `[in, out]`.
    private mutating func constant(_ reference: ParameterReference) -> String {
        let specification = self.specification(reference)
        return add(parameterName(reference), specification.shape, block(reference))
    }

    /// A convolution's weights: `[out, in, depth, height, width]` from `[taps, in, out]`, or
    /// `[channels, 1, …]` from a depthwise `[taps, channels]`.
    private mutating func constant(
        _ reference: ParameterReference, kernel: VolumeSize, isDepthwise: Bool = false
    ) -> String {
        let elements = block(reference)
        let taps = kernel.count
        let last = specification(reference).shape.last ?? 1
        let inputs = isDepthwise ? 1 : elements.count / (taps * last)
        var turned = [Float](repeating: 0, count: elements.count)
        var source = elements.startIndex
        for tap in 0..<taps {
            for input in 0..<inputs {
                for output in 0..<last {
                    turned[(output * inputs + input) * taps + tap] = elements[source]
                    source += 1
                }
            }
        }
        return add(
            parameterName(reference), [last, inputs] + Self.extents(kernel), turned[...])
    }

    private mutating func add(
        _ name: String, _ shape: [Int], _ elements: ArraySlice<Float>
    ) -> String {
        if constantNames.insert(name).inserted {
            constants.append(
                ONNXModel.Constant(name: name, shape: shape, elements: Array(elements)))
        }
        return name
    }

    private func block(_ reference: ParameterReference) -> ArraySlice<Float> {
        (parameters[graph.operators[reference.layer].id] ?? [])[reference.range]
    }

    private func specification(_ reference: ParameterReference) -> ParameterSpecification {
        let layout = graph.operators[reference.layer]
        guard
            let found = layout.parameters.first(where: {
                layout.range(of: $0.name) == reference.range
            })
        else { preconditionFailure("a node refers to a parameter that \(layout.id) has not") }
        return found
    }

    private func parameterName(_ reference: ParameterReference) -> String {
        "\(graph.operators[reference.layer].id)/\(specification(reference).name)"
    }

    private static func extents(_ size: VolumeSize) -> [Int] {
        [size.depth, size.height, size.width]
    }
}
