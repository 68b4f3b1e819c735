internal import Tensors

/// What a network costs, per sample where it depends on the input.
package struct GraphCost: Hashable, Sendable {
    /// Weights, biases and batch-norm scales and shifts; running statistics are not counted.
    package let parameters: Int
    /// Nominal multiply-adds of one forward pass of one sample: taps in the padding count.
    package let multiplyAdds: Int
    /// Multiply-adds that touch the volume: taps in the padding do not count.
    package let effectiveMultiplyAdds: Int
    /// Bytes of all activations of one sample.
    package let activationBytes: Int

    /// The size of the parameters as float32 in units of 2^20 bytes, as the paper prints it.
    package var megabytes: Double { Double(parameters) * 4 / 1_048_576 }
}

extension Graph {
    /// What the network costs.
    package var cost: GraphCost {
        var nominal = 0
        var effective = 0
        var activations = 0
        for node in nodes {
            activations += node.count
            switch node.kind {
            case .convolution(_, let kernel, let stride):
                let channels = nodes[node.inputs[0]].channels * node.channels
                nominal += node.size.count * kernel.count * channels
                effective +=
                    channels
                    * taps(nodes[node.inputs[0]].size, node.size, kernel: kernel, stride: stride)
            case .depthwise(_, let extent):
                let kernel = VolumeSize(cubic: extent)
                nominal += node.count * kernel.count
                effective +=
                    node.channels
                    * taps(node.size, node.size, kernel: kernel, stride: VolumeSize(cubic: 1))
            case .pointwise, .linear:
                nominal += node.count * nodes[node.inputs[0]].channels
                effective += node.count * nodes[node.inputs[0]].channels
            case .input, .normalization, .sum, .globalAverage, .dropout, .activation, .maxPooling,
                .averagePooling, .concatenation:
                break
            }
        }
        return GraphCost(
            parameters: operators.reduce(0) { $0 + $1.parameterCount }, multiplyAdds: nominal,
            effectiveMultiplyAdds: effective,
            activationBytes: activations * MemoryLayout<Float>.size)
    }

    /// Pairs of output voxel and tap that lie inside the input.
    private func taps(
        _ input: VolumeSize, _ output: VolumeSize, kernel: VolumeSize, stride: VolumeSize
    ) -> Int {
        func axis(_ input: Int, _ output: Int, _ kernel: Int, _ stride: Int) -> Int {
            (0..<output).reduce(0) { sum, place in
                let start = place * stride - kernel / 2
                return sum + max(min(start + kernel, input) - max(start, 0), 0)
            }
        }
        return axis(input.depth, output.depth, kernel.depth, stride.depth)
            * axis(input.height, output.height, kernel.height, stride.height)
            * axis(input.width, output.width, kernel.width, stride.width)
    }
}
