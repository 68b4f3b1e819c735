package import Tensors

/// The layers that baseline networks need beyond those of the search space.
extension GraphBuilder {
    /// Adds a rectifier on its own.
    ///
    /// - Parameter kind: What it does; `.linear` adds nothing.
    package mutating func activation(_ kind: Activation) {
        guard kind != .linear else { return }
        append(.activation(kind), size: size, channels: channels)
    }

    /// Adds the largest value of every window, padded by half the kernel.
    ///
    /// - Parameters:
    ///   - kernel: The window, odd along every axis.
    ///   - stride: How far it moves.
    package mutating func maxPooling(kernel: VolumeSize, stride: VolumeSize) {
        append(
            .maxPooling(kernel: kernel, stride: stride), size: size.dividedRoundingUp(by: stride),
            channels: channels)
    }

    /// Adds the mean of every window of `extent` voxels along each axis, without padding or overlap;
    /// voxels behind the last whole window are left out, as PyTorch does.
    ///
    /// Along an axis that is shorter than the window, the window is as long as the axis, where
    /// PyTorch would refuse.
    ///
    /// - Parameter extent: The window's extent.
    package mutating func averagePooling(_ extent: Int) {
        let window = VolumeSize(
            min(extent, size.depth), min(extent, size.height), min(extent, size.width))
        append(
            .averagePooling(window: window),
            size: VolumeSize(
                size.depth / window.depth, size.height / window.height, size.width / window.width),
            channels: channels)
    }

    /// Adds the channels of some nodes, one after the other.
    ///
    /// - Parameter inputs: The nodes, all of the same size.
    package mutating func concatenation(of inputs: [Int]) {
        append(
            .concatenation, inputs: inputs, size: size,
            channels: inputs.reduce(0) { $0 + channels(of: $1) })
    }

    private var size: VolumeSize { size(of: last) }
    private var channels: Int { channels(of: last) }
}
