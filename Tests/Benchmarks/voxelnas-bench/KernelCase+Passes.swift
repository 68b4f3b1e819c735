import CKernels
import Execution
import Tensors

/// Arrays that every kernel runs on, and the threads that run it.
@safe final class KernelScratch {
    let pool: ComputePool
    let a, b, c: UnsafeMutablePointer<Float>
    let sums: UnsafeMutablePointer<Double>

    /// Arrays of `count` floats; `a` and `b` are read, `c` is written.
    init(count: Int, pool: ComputePool) {
        self.pool = pool
        var stream = RandomStream(seed: 1, name: "kernels")
        let some = (0..<65536).map { _ in Float(stream.nextNormal()) }
        func filled() -> UnsafeMutablePointer<Float> {
            let array = UnsafeMutablePointer<Float>.allocate(capacity: count)
            for index in 0..<count { unsafe array[index] = some[index & 65535] }
            return unsafe array
        }
        unsafe (a, b, c) = (filled(), filled(), filled())
        unsafe sums = .allocate(capacity: 16 * 2 * 65536)
    }

    deinit {
        unsafe a.deallocate()
        unsafe b.deallocate()
        unsafe c.deallocate()
        unsafe sums.deallocate()
    }

    /// Ranges over `0..<count`, a few per thread, as the executor splits loops.
    func split(_ count: Int, _ body: (Int, Int) -> Void) {
        let parts = pool.threads == 1 ? 1 : min(4 * pool.threads, count)
        pool.run(parts) { body(count * $0 / parts, count * ($0 + 1) / parts) }
    }

    /// Tiles of an output matrix, as the executor cuts it.
    func tiles(
        _ rows: Int, _ columns: Int, _ tallest: Int, _ widest: Int,
        _ body: (Int, Int, Int, Int) -> Void
    ) {
        let across = (columns + widest - 1) / widest
        pool.run(across * ((rows + tallest - 1) / tallest)) { tile in
            let (row, column) = (tile / across * tallest, tile % across * widest)
            body(row, min(row + tallest, rows), column, min(column + widest, columns))
        }
    }
}

extension KernelCase {
    /// The calls that a training step makes for this layer.
    var passes: [KernelPass] {
        switch self {
        case .pointwise(let rows, let inputs, let outputs):
            Self.pointwise(rows, inputs, outputs)
        case .depthwise(let samples, let size, let channels, let kernel):
            Self.depthwise(samples, size, channels, kernel)
        case .stem(let samples, let input, let output, let channels):
            Self.stem(samples, input, output, channels)
        case .normalization(let rows, let channels): Self.normalization(rows, channels)
        case .update(let count): Self.update(count)
        }
    }

    private static func pointwise(_ rows: Int, _ inputs: Int, _ outputs: Int) -> [KernelPass] {
        func product(_ name: String, _ k: Int, _ n: Int) -> KernelPass {
            let tallest = rows >= 4096 ? 192 : rows >= 768 ? 96 : rows >= 128 ? 48 : rows
            let widest =
                rows >= 768 ? n : rows >= 128 ? (n >= 384 ? 192 : 96) : (n >= 384 ? 96 : 48)
            return KernelPass(
                kernel: "pointwise", pass: name, operations: 2 * Double(rows * k * n),
                bytes: 4 * Double(rows * (k + n) + k * n)
            ) { scratch in
                let (a, b, c) = unsafe (scratch.a, scratch.b, scratch.c)
                scratch.tiles(rows, n, tallest, widest) { r0, r1, c0, c1 in
                    unsafe vn_matrix_multiply(
                        r0, r1, c0, c1, k, a, k, vn_reading(), b, n, c, n, nil, 0)
                }
            }
        }
        let tallest = inputs >= 96 ? 48 : inputs >= 48 ? 24 : 12
        let widest = outputs >= 192 ? 96 : 48
        let weights = KernelPass(
            kernel: "pointwise", pass: "weight gradient",
            operations: 2 * Double(rows * inputs * outputs),
            bytes: 4 * Double(rows * (inputs + outputs) + inputs * outputs)
        ) { scratch in
            let (a, b, c) = unsafe (scratch.a, scratch.b, scratch.c)
            scratch.tiles(inputs, outputs, tallest, widest) { r0, r1, c0, c1 in
                unsafe vn_matrix_multiply_transposed(
                    r0, r1, c0, c1, rows, a, inputs, vn_reading(), b, outputs, c, outputs)
            }
        }
        return [
            product("forward", inputs, outputs), product("data gradient", outputs, inputs),
            weights,
        ]
    }

    private static func depthwise(
        _ samples: Int, _ size: VolumeSize, _ channels: Int, _ kernel: Int
    ) -> [KernelPass] {
        let volume = vn_volume(
            samples: samples, depth: size.depth, height: size.height, width: size.width,
            channels: channels)
        let taps =
            liveTaps(size.depth, kernel) * liveTaps(size.height, kernel)
            * liveTaps(size.width, kernel)
        let operations = 2 * Double(samples * channels * taps)
        let weights = kernel * kernel * kernel * channels
        let outputs = samples * size.count * channels
        let bytes = 4 * Double(2 * outputs + weights)
        let name = "depthwise k\(kernel)"
        return [
            KernelPass(kernel: name, pass: "forward", operations: operations, bytes: bytes) {
                scratch in
                let (a, b, c) = unsafe (scratch.a, scratch.b, scratch.c)
                scratch.split(vn_depthwise_items(volume)) {
                    unsafe vn_depthwise(a, vn_reading(), b, c, volume, kernel, $0, $1)
                }
            },
            KernelPass(
                kernel: name, pass: "gradients", operations: 2 * operations,
                bytes: 4 * Double(3 * outputs + weights)
            ) { scratch in
                let (a, b, c) = unsafe (scratch.a, scratch.b, scratch.c)
                scratch.split(vn_depthwise_gradient_items(volume)) {
                    unsafe vn_depthwise_gradients(
                        a, vn_reading(), a, vn_gradient_reading(), b, c, c + outputs, volume,
                        kernel, $0, $1)
                }
            },
        ]
    }

    /// Pairs of output place and tap inside an axis with "same" padding.
    private static func liveTaps(_ extent: Int, _ kernel: Int) -> Int {
        (0..<extent).reduce(0) { sum, place in
            sum + min(place + kernel / 2, extent - 1) - max(place - kernel / 2, 0) + 1
        }
    }

    private static func stem(
        _ samples: Int, _ input: VolumeSize, _ output: VolumeSize, _ channels: Int
    ) -> [KernelPass] {
        let geometry = vn_convolution(
            input: vn_volume(
                samples: samples, depth: input.depth, height: input.height, width: input.width,
                channels: 1),
            out_depth: output.depth, out_height: output.height, out_width: output.width,
            out_channels: channels, kernel_depth: 3, kernel_height: 3, kernel_width: 3,
            stride_depth: 2, stride_height: 2, stride_width: 2, pad_depth: 1, pad_height: 1,
            pad_width: 1)
        let operations = 54 * Double(samples * output.count * channels)
        let bytes = 4 * Double(samples * (input.count + output.count * channels))
        return [
            KernelPass(kernel: "stem", pass: "forward", operations: operations, bytes: bytes) {
                scratch in
                let (a, b, c) = unsafe (scratch.a, scratch.b, scratch.c)
                scratch.split(samples * output.depth * output.height) {
                    unsafe vn_direct_convolution(a, b, c, geometry, $0, $1)
                }
            },
            KernelPass(
                kernel: "stem", pass: "weight gradient", operations: operations, bytes: bytes
            ) { scratch in
                let (a, b, c) = unsafe (scratch.a, scratch.b, scratch.c)
                scratch.split(vn_direct_convolution_weight_items(geometry)) {
                    unsafe vn_direct_convolution_weights(a, b, c, geometry, $0, $1)
                }
            },
        ]
    }
}
