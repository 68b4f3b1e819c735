package import Tensors

/// A named range of an operator's parameter block.
package struct ParameterReference: Hashable, Sendable {
    /// The operator, as an index into ``Graph/operators``.
    package let layer: Int
    /// Where the parameter lies in the operator's block.
    package let range: Range<Int>
}

/// The place of a batch norm's statistics in its operator's statistics block.
package struct StatisticsReference: Hashable, Sendable {
    /// The operator, as an index into ``Graph/operators``.
    package let layer: Int
    /// The mean's place in the block.
    package let mean: Range<Int>
    /// The variance's place in the block.
    package let variance: Range<Int>
}

/// What follows a normalisation.
package enum Activation: Hashable, Sendable {
    /// Nothing.
    case linear
    /// `max(x, 0)`.
    case relu
    /// `min(max(x, 0), 6)`.
    case relu6
}

/// What a node computes from its inputs.
package enum NodeKind: Hashable, Sendable {
    /// The volume that the network is given.
    case input
    /// A dense convolution with "same" padding of half the kernel; weights `[taps, in, out]`.
    case convolution(weights: ParameterReference, kernel: VolumeSize, stride: VolumeSize)
    /// A 1×1×1 convolution; weights `[in, out]`.
    case pointwise(weights: ParameterReference, bias: ParameterReference?, stride: VolumeSize)
    /// A depthwise convolution with stride 1 and "same" padding; weights `[kernel³, channels]`.
    case depthwise(weights: ParameterReference, kernel: Int)
    /// A batch norm and its activation.
    case normalization(Normalization)
    /// The sum of two inputs.
    case sum
    /// A rectifier on its own, such as behind a sum.
    case activation(Activation)
    /// The largest value of every window, with padding of half the kernel that never wins.
    case maxPooling(kernel: VolumeSize, stride: VolumeSize)
    /// The mean of every whole window; windows do not overlap and have no padding.
    case averagePooling(window: VolumeSize)
    /// The channels of all inputs, one after the other.
    case concatenation
    /// The mean over all voxels.
    case globalAverage
    /// Dropout in training, the identity otherwise.
    case dropout
    /// A linear layer; weights `[in, out]`.
    case linear(weights: ParameterReference, bias: ParameterReference)

    /// A batch norm.
    package struct Normalization: Hashable, Sendable {
        /// gamma.
        package let scale: ParameterReference
        /// beta.
        package let shift: ParameterReference
        /// The running, or recorded, statistics.
        package let statistics: StatisticsReference
        /// What is added to the variance.
        package let epsilon: Double
        /// What follows.
        package let activation: Activation
    }
}

/// One step of a network.
package struct Node: Hashable, Sendable {
    /// What it computes.
    package let kind: NodeKind
    /// The nodes that it reads, as indices into ``Graph/nodes``; all smaller than its own.
    package let inputs: [Int]
    /// Voxels per sample of the output.
    package let size: VolumeSize
    /// Channels of the output.
    package let channels: Int
    /// The searched slot whose output this is.
    package let slot: Int?

    /// Elements of the output per sample.
    package var count: Int { size.count * channels }
}
