internal import CKernels
package import Tensors

/// A window that moves over a volume: of a convolution or a pool.
package struct Window: Hashable, Sendable {
    /// The window's extent.
    package let kernel: VolumeSize
    /// How far it moves.
    package let stride: VolumeSize
    /// Voxels of padding on either side.
    package let padding: VolumeSize

    /// A window.
    package init(kernel: VolumeSize, stride: VolumeSize, padding: VolumeSize) {
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
    }

    /// A window with "same" padding: half the kernel.
    package init(same kernel: VolumeSize, stride: VolumeSize = VolumeSize(cubic: 1)) {
        self.init(
            kernel: kernel, stride: stride,
            padding: VolumeSize(kernel.depth / 2, kernel.height / 2, kernel.width / 2))
    }

    /// The number of places along each axis: `(n + 2 padding - kernel) / stride + 1`, rounded down.
    ///
    /// - Parameter input: The volume that the window moves over.
    /// - Returns: The size of the output.
    package func output(of input: VolumeSize) -> VolumeSize {
        VolumeSize(
            (input.depth + 2 * padding.depth - kernel.depth) / stride.depth + 1,
            (input.height + 2 * padding.height - kernel.height) / stride.height + 1,
            (input.width + 2 * padding.width - kernel.width) / stride.width + 1)
    }
}

/// A batch of volumes, read from a tensor `[N, D, H, W, C]`.
struct Extents {
    let samples: Int
    let size: VolumeSize
    let channels: Int

    init(_ shape: [Int]) {
        precondition(shape.count == 5, "activations are [N, D, H, W, C], found \(shape)")
        samples = shape[0]
        size = VolumeSize(shape[1], shape[2], shape[3])
        channels = shape[4]
    }

    var rows: Int { samples * size.count }

    func shape(_ size: VolumeSize, channels: Int) -> [Int] {
        [samples, size.depth, size.height, size.width, channels]
    }

    var volume: vn_volume {
        vn_volume(
            samples: samples, depth: size.depth, height: size.height, width: size.width,
            channels: channels)
    }

    func geometry(_ window: Window, outputs: Int) -> vn_convolution {
        let output = window.output(of: size)
        return vn_convolution(
            input: volume, out_depth: output.depth, out_height: output.height,
            out_width: output.width, out_channels: outputs, kernel_depth: window.kernel.depth,
            kernel_height: window.kernel.height, kernel_width: window.kernel.width,
            stride_depth: window.stride.depth, stride_height: window.stride.height,
            stride_width: window.stride.width, pad_depth: window.padding.depth,
            pad_height: window.padding.height, pad_width: window.padding.width)
    }
}

/// Zeros of a count.
func zeros(_ count: Int) -> [Float] { Array(repeating: 0, count: count) }
