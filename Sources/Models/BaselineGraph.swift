package import Graphs
package import SearchSpaces
package import Tensors

/// A published network as a graph.
///
/// Convolutions have no bias, batch norms add 1e-5 to the variance, and convolutions start normal
/// with variance `2 / fan out`, as the published code has it.
///
/// - SeeAlso: ``BaselineNetwork`` for the papers.
package struct BaselineGraph {
    /// What is added to the variance of every batch norm.
    package static let epsilon = 1e-5

    /// The network.
    package let network: BaselineNetwork
    /// The number of classes.
    package let classes: Int
    /// The channels of the input volume: 1 here, 3 in the sizes that papers print.
    package let inputChannels: Int

    /// A network with a head for some classes.
    package init(_ network: BaselineNetwork, classes: Int, inputChannels: Int = 1) {
        self.network = network
        self.classes = classes
        self.inputChannels = inputChannels
    }

    /// The operators, from the input on.
    package var operators: [OperatorLayout] { graph(input: VolumeSize(cubic: 64)).operators }

    /// The network for volumes of a size.
    ///
    /// - Parameter input: The size; any that leaves a voxel at the end.
    /// - Returns: The graph, without searched slots.
    package func graph(input: VolumeSize) -> Graph {
        var layers = LayerStack(input: input, channels: inputChannels)
        switch network {
        case .resNet18: residual([2, 2, 2, 2], bottlenecks: false, &layers)
        case .resNet34: residual([3, 4, 6, 3], bottlenecks: false, &layers)
        case .resNet101: residual([3, 4, 23, 3], bottlenecks: true, &layers)
        case .mixedConvolution18: mixed(&layers)
        case .denseNet121: dense(&layers)
        }
        let isMixed = network == .mixedConvolution18
        layers.classifier(classes: classes, deviation: isMixed ? 0.01 : nil)
        return layers.build()
    }

    private static let widths = [64, 128, 256, 512]

    /// 7×7×7 stem that keeps the depth, pooling, then four stages of residual blocks.
    private func residual(_ counts: [Int], bottlenecks: Bool, _ layers: inout LayerStack) {
        largeStem(&layers)
        for (stage, count) in counts.enumerated() {
            for index in 0..<count {
                let stride = VolumeSize(cubic: index == 0 && stage > 0 ? 2 : 1)
                let name = "layer\(stage + 1).\(index)"
                if bottlenecks {
                    layers.bottleneck(name, width: Self.widths[stage], stride: stride)
                } else {
                    layers.basicBlock(
                        name, width: Self.widths[stage], kernel: VolumeSize(cubic: 3),
                        stride: stride)
                }
            }
        }
    }

    /// 3×7×7 stem, one stage of 3×3×3 blocks, three of 1×3×3 blocks; the depth is never reduced.
    private func mixed(_ layers: inout LayerStack) {
        layers.stem(kernel: VolumeSize(3, 7, 7), stride: VolumeSize(1, 2, 2), channels: 64)
        for stage in 0..<4 {
            for index in 0..<2 {
                layers.basicBlock(
                    "layer\(stage + 1).\(index)", width: Self.widths[stage],
                    kernel: VolumeSize(stage == 0 ? 3 : 1, 3, 3),
                    stride: index == 0 && stage > 0 ? VolumeSize(1, 2, 2) : VolumeSize(cubic: 1))
            }
        }
    }

    /// 7×7×7 stem, pooling, four dense blocks with halving transitions between.
    private func dense(_ layers: inout LayerStack) {
        largeStem(&layers)
        let counts = [6, 12, 24, 16]
        for (block, count) in counts.enumerated() {
            for index in 0..<count {
                layers.denseLayer("block\(block + 1).\(index)", growth: 32, middle: 128)
            }
            if block + 1 < counts.count { layers.transition("transition\(block + 1)") }
        }
        layers.finalNormalization()
    }

    private func largeStem(_ layers: inout LayerStack) {
        layers.stem(kernel: VolumeSize(cubic: 7), stride: VolumeSize(1, 2, 2), channels: 64)
        layers.maxPooling(kernel: 3, stride: 2)
    }
}
