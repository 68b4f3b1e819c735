import Kernels
import Tensors
import Testing

/// Random tensors from named streams.
func randomTensor(_ shape: [Int], _ name: String) -> Tensor {
    var stream = RandomStream(seed: 3, name: name)
    return Tensor(
        shape: shape,
        elements: (0..<shape.reduce(1, *)).map { _ in Float(stream.nextNormal()) })
}

/// Everything that the search path computes, as one list of floats.
private func everything() -> [Float] {
    var results: [[Float]] = []
    for (channels, size) in [
        (24, VolumeSize(4, 16, 16)), (20, VolumeSize(3, 9, 10)), (5, VolumeSize(2, 4, 4)),
        (40, VolumeSize(1, 2, 2)), (72, VolumeSize(2, 8, 8)), (13, VolumeSize(2, 3, 5)),
    ] {
        let x = randomTensor([2, size.depth, size.height, size.width, channels], "x")
        let g = randomTensor(x.shape, "g")
        for kernel in [3, 5, 7] {
            let w = randomTensor([kernel * kernel * kernel, channels], "w\(kernel)")
            results.append(depthwiseConvolution(x, weights: w, kernel: kernel).elements)
            let gradient = depthwiseConvolutionGradient(
                x, weights: w, outputGradient: g, kernel: kernel)
            results += [gradient.input.elements, gradient.weights.elements]
        }
        for outputs in [8, 35, 96] {
            let w = randomTensor([channels, outputs], "p\(outputs)")
            let y = pointwiseConvolution(x, weights: w)
            results.append(y.elements)
            let gradient = pointwiseConvolutionGradient(x, weights: w, outputGradient: y)
            results += [gradient.input.elements, gradient.weights.elements, gradient.bias]
        }
        let scale = randomTensor([channels], "scale").elements
        let shift = randomTensor([channels], "shift").elements
        let norm = batchNormalization(
            x, scale: scale, shift: shift, epsilon: 1e-3, activation: .relu6)
        results += [norm.output.elements, norm.mean, norm.variance]
        let gradient = normalizationGradient(
            x, outputGradient: g, state: norm.state, activation: .relu6)
        results += [gradient.input.elements, gradient.scale, gradient.shift]
        results.append([Float(sumOfSquares(x.elements))])
        let one = randomTensor([2, 7, 9, 11, 1], "volume")
        let window = Window(same: VolumeSize(cubic: 3), stride: VolumeSize(cubic: 2))
        let stem = directConvolution(
            one, weights: randomTensor([27, 1, channels], "stem"), window: window)
        results.append(stem.elements)
        results.append(
            directConvolutionWeightGradient(one, outputGradient: stem, window: window).elements)
    }
    var (w, m, v) = (randomTensor([37], "a").elements, randomTensor([37], "b").elements, [Float]())
    v = m.map { $0 * $0 }
    updateAdam(
        &w, gradient: m, first: &m, second: &v,
        AdamStep(
            shrink: 0.99, decay: 0.1, beta1: 0.9, beta2: 0.99, oneMinusBeta1: 0.1,
            oneMinusBeta2: 0.01, stepSize: 0.1, inverseRootCorrection: 1.5, epsilon: 1e-8,
            gradientScale: 0.5))
    return results.flatMap(\.self) + w + m + v
}

@Suite("The instruction sets", .serialized)
struct InstructionSetTests {
    @Test("give the same bits when they fuse multiply-adds, and close values when not")
    func sameBits() {
        let best = InstructionSet.current
        defer { InstructionSet.use(best) }
        var results: [InstructionSet: [Float]] = [:]
        var fuses: [InstructionSet: Bool] = [:]
        for set in InstructionSet.allCases where InstructionSet.use(set) == set {
            results[set] = everything()
            fuses[set] = InstructionSet.fusesMultiplyAdds
        }
        let reference = results[best] ?? []
        for (set, result) in results {
            if fuses[set] == fuses[best] {
                let same = zip(result, reference).allSatisfy { $0.bitPattern == $1.bitPattern }
                #expect(same, "\(set) differs from \(best)")
            } else {
                var (difference, norm) = (0.0, 0.0)
                for (a, b) in zip(result, reference) {
                    difference += Double(a - b) * Double(a - b)
                    norm += Double(b) * Double(b)
                }
                #expect((difference / norm).squareRoot() < 1e-5, "\(set)")
            }
        }
    }
}
