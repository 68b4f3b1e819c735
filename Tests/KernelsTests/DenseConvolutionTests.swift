import Kernels
import Tensors
import Testing

/// Kernel, stride and padding in every mixture that the published networks have, and odd ones.
private let windows = [
    Window(same: VolumeSize(3, 3, 3)),
    Window(same: VolumeSize(3, 3, 3), stride: VolumeSize(cubic: 2)),
    Window(same: VolumeSize(1, 3, 3), stride: VolumeSize(1, 2, 2)),
    Window(same: VolumeSize(7, 7, 7), stride: VolumeSize(1, 2, 2)),
    Window(kernel: VolumeSize(2, 3, 4), stride: VolumeSize(3, 1, 2), padding: VolumeSize(0, 2, 1)),
    Window(
        kernel: VolumeSize(1, 1, 1), stride: VolumeSize(cubic: 2), padding: VolumeSize(cubic: 0)),
]

private func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
    zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) } / max(b.map(abs).max() ?? 1, 1)
}

@Suite("A convolution between many channels")
struct DenseConvolutionTests {
    private func sample(_ window: Window, _ inputs: Int, _ outputs: Int) -> (
        x: Tensor, w: Tensor, b: [Float]
    ) {
        (
            randomTensor([2, 5, 9, 11, inputs], "x"),
            randomTensor([window.kernel.count, inputs, outputs], "w"),
            randomTensor([outputs], "b").elements
        )
    }

    // Both sum a few thousand products in float, in different orders.
    @Test(
        "agrees with OpenBLAS, and so do its gradients", arguments: windows,
        [(3, 5), (16, 64), (33, 40), (64, 96)])
    func agreement(window: Window, channels: (Int, Int)) {
        let (x, w, _) = sample(window, channels.0, channels.1)
        let own = denseConvolution(x, weights: w, window: window)
        let other = convolution(x, weights: w, window: window)
        #expect(own.shape == other.shape)
        #expect(largestDifference(own.elements, other.elements) < 2e-5)
        let g = randomTensor(own.shape, "g")
        let ours = denseConvolutionGradient(x, weights: w, outputGradient: g, window: window)
        let theirs = convolutionGradient(x, weights: w, outputGradient: g, window: window)
        #expect(largestDifference(ours.input.elements, theirs.input.elements) < 2e-5)
        #expect(largestDifference(ours.weights.elements, theirs.weights.elements) < 2e-5)
    }

    @Test("adds its bias, whose gradient is a sum over voxels", arguments: windows)
    func bias(window: Window) {
        let (x, w, b) = sample(window, 16, 40)
        let plain = denseConvolution(x, weights: w, window: window)
        let biased = denseConvolution(x, weights: w, bias: b, window: window)
        let difference = zip(biased.elements, plain.elements).map { $0 - $1 }
        let expected = (0..<difference.count).map { b[$0 % 40] }
        // What remains of sums of up to 5488 products, about 70 in size, is rounded with them.
        #expect(largestDifference(difference, expected) < 2e-4)
        let g = randomTensor(plain.shape, "g")
        let gradient = denseConvolutionGradient(x, weights: w, outputGradient: g, window: window)
        var sums = [Double](repeating: 0, count: 40)
        for (index, value) in g.elements.enumerated() { sums[index % 40] += Double(value) }
        #expect(largestDifference(gradient.bias, sums.map { Float($0) }) < 1e-5)
    }

    @Test("gives the same bits with every instruction set that fuses", arguments: windows)
    func instructionSets(window: Window) {
        defer { InstructionSet.use(.avx512) }
        let (x, w, b) = sample(window, 33, 70)
        var results: [[Float]] = []
        for set in [InstructionSet.avx2, .avx512] where InstructionSet.use(set) == set {
            let y = denseConvolution(x, weights: w, bias: b, window: window)
            let gradient = denseConvolutionGradient(
                x, weights: w, outputGradient: y, window: window)
            results.append(y.elements + gradient.input.elements + gradient.weights.elements)
        }
        for result in results.dropFirst() { #expect(result == results[0]) }
    }
}
