import Kernels
import Tensors
import Testing

private func inner(_ a: [Float], _ b: [Float]) -> Double {
    zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
}

/// A linear operation and its gradient are adjoint: `<f(v), g> == <v, f*(g)>`.
private func expectAdjoint(
    _ forward: [Float], _ gradient: [Float], _ direction: [Float], _ adjoint: [Float],
    _ location: SourceLocation = #_sourceLocation
) {
    let left = inner(forward, gradient)
    let right = inner(direction, adjoint)
    let size = (inner(forward, forward) * inner(gradient, gradient)).squareRoot()
    #expect(abs(left - right) <= 1e-5 * size, sourceLocation: location)
}

@Suite("The gradient of")
struct GradientTests {
    static let sizes = [
        VolumeSize(1, 1, 1), VolumeSize(1, 2, 2), VolumeSize(3, 5, 7), VolumeSize(2, 4, 4),
        VolumeSize(2, 8, 8), VolumeSize(4, 3, 17), VolumeSize(2, 5, 32),
        // Planes that a depthwise convolution holds in a ring.
        VolumeSize(11, 12, 13), VolumeSize(10, 16, 8),
    ]

    private func input(_ size: VolumeSize, _ channels: Int, _ name: String) -> Tensor {
        randomTensor([2, size.depth, size.height, size.width, channels], name)
    }

    @Test("depthwise convolution is its adjoint", arguments: sizes, [3, 5, 7])
    func depthwise(size: VolumeSize, kernel: Int) {
        for channels in [3, 8, 19, 48] {
            let (x, g) = (input(size, channels, "x"), input(size, channels, "g"))
            let w = randomTensor([kernel * kernel * kernel, channels], "w")
            let y = depthwiseConvolution(x, weights: w, kernel: kernel)
            let gradient = depthwiseConvolutionGradient(
                x, weights: w, outputGradient: g, kernel: kernel)
            expectAdjoint(y.elements, g.elements, x.elements, gradient.input.elements)
            expectAdjoint(y.elements, g.elements, w.elements, gradient.weights.elements)
        }
    }

    @Test("pointwise convolution is its adjoint", arguments: sizes, [1, 2])
    func pointwise(size: VolumeSize, stride: Int) {
        for (inputs, outputs) in [(3, 5), (24, 96), (17, 41), (300, 24), (512, 40), (20, 1100)] {
            let x = input(size, inputs, "x")
            let w = randomTensor([inputs, outputs], "w")
            let step = VolumeSize(cubic: stride)
            let y = pointwiseConvolution(x, weights: w, stride: step)
            let g = randomTensor(y.shape, "g")
            let gradient = pointwiseConvolutionGradient(
                x, weights: w, outputGradient: g, stride: step)
            expectAdjoint(y.elements, g.elements, x.elements, gradient.input.elements)
            expectAdjoint(y.elements, g.elements, w.elements, gradient.weights.elements)
            let bias = randomTensor([outputs], "b").elements
            let constant = pointwiseConvolution(
                Tensor(repeating: 0, shape: x.shape), weights: w, bias: bias, stride: step)
            expectAdjoint(constant.elements, g.elements, bias, gradient.bias)
        }
    }

    @Test("dense convolution is its adjoint", arguments: sizes)
    func dense(size: VolumeSize) {
        let window = Window(same: VolumeSize(3, 5, 3), stride: VolumeSize(1, 2, 2))
        let x = input(size, 2, "x")
        let w = randomTensor([45, 2, 11], "w")
        let y = convolution(x, weights: w, window: window)
        let g = randomTensor(y.shape, "g")
        let gradient = convolutionGradient(x, weights: w, outputGradient: g, window: window)
        expectAdjoint(y.elements, g.elements, x.elements, gradient.input.elements)
        expectAdjoint(y.elements, g.elements, w.elements, gradient.weights.elements)
        let direct = directConvolution(x, weights: w, window: window)
        let weights = directConvolutionWeightGradient(x, outputGradient: g, window: window)
        expectAdjoint(direct.elements, g.elements, w.elements, weights.elements)
        expectAdjoint(direct.elements, g.elements, x.elements, gradient.input.elements)
    }

    @Test("a linear head, an average and resampling is its adjoint")
    func linearOnes() {
        let x = input(VolumeSize(2, 3, 4), 6, "x")
        let average = globalAveragePooling(x)
        let g = randomTensor(average.shape, "g")
        expectAdjoint(
            average.elements, g.elements, x.elements,
            globalAveragePoolingGradient(g, inputShape: x.shape).elements)
        let w = randomTensor([6, 3], "w")
        let y = linear(average, weights: w, bias: [0, 0, 0])
        let dy = randomTensor(y.shape, "dy")
        let gradient = linearGradient(average, weights: w, outputGradient: dy)
        expectAdjoint(y.elements, dy.elements, average.elements, gradient.input.elements)
        expectAdjoint(y.elements, dy.elements, w.elements, gradient.weights.elements)
        let large = trilinearResampling(x, to: VolumeSize(5, 3, 9))
        let dLarge = randomTensor(large.shape, "large")
        expectAdjoint(
            large.elements, dLarge.elements, x.elements,
            trilinearResamplingGradient(dLarge, inputShape: x.shape).elements)
    }

    /// Compares `<gradient, direction>` with a central difference of `function` along `direction`.
    private func expectSlope(
        at x: [Float], along direction: [Float], gradient: [Float], step: Float = 1e-2,
        _ function: ([Float]) -> Double
    ) {
        let ahead = function(zip(x, direction).map { $0 + step * $1 })
        let behind = function(zip(x, direction).map { $0 - step * $1 })
        let slope = (ahead - behind) / (2 * Double(step))
        let expected = inner(gradient, direction)
        let size = (inner(gradient, gradient) * inner(direction, direction)).squareRoot()
        #expect(abs(slope - expected) <= 2e-3 * size)
    }

    @Test("batch norm follows finite differences")
    func batchNorm() {
        let x = input(VolumeSize(2, 3, 5), 7, "x")
        let g = input(VolumeSize(2, 3, 5), 7, "g")
        let (scale, shift) = (
            randomTensor([7], "scale").elements, randomTensor([7], "shift").elements
        )
        let found = batchNormalization(
            x, scale: scale, shift: shift, epsilon: 1e-3)
        let gradient = normalizationGradient(x, outputGradient: g, state: found.state)
        func value(_ x: [Float], _ scale: [Float], _ shift: [Float]) -> Double {
            inner(
                batchNormalization(
                    Tensor(shape: [2, 2, 3, 5, 7], elements: x), scale: scale, shift: shift,
                    epsilon: 1e-3
                ).output.elements, g.elements)
        }
        expectSlope(
            at: x.elements, along: input(VolumeSize(2, 3, 5), 7, "v").elements,
            gradient: gradient.input.elements
        ) { value($0, scale, shift) }
        expectSlope(
            at: scale, along: randomTensor([7], "v").elements, gradient: gradient.scale
        ) { value(x.elements, $0, shift) }
        expectSlope(
            at: shift, along: randomTensor([7], "v").elements, gradient: gradient.shift
        ) { value(x.elements, scale, $0) }
    }

    @Test("an activation behind batch norm lets through what lies inside its range")
    func activationMask() {
        let x = input(VolumeSize(2, 3, 5), 7, "x")
        let g = input(VolumeSize(2, 3, 5), 7, "g")
        let scale = [Float](repeating: 4, count: 7)
        let shift = [Float](repeating: 2, count: 7)
        let plain = batchNormalization(x, scale: scale, shift: shift, epsilon: 1e-3)
        for (activation, limit) in [(FollowingActivation.relu, Float.infinity), (.relu6, 6)] {
            let masked = zip(plain.output.elements, g.elements).map {
                $0 > 0 && $0 < limit ? $1 : 0
            }
            let expected = normalizationGradient(
                x, outputGradient: Tensor(shape: g.shape, elements: masked), state: plain.state)
            let found = normalizationGradient(
                x, outputGradient: g, state: plain.state, activation: activation)
            #expect(found.input == expected.input)
            #expect(found.scale == expected.scale)
            let output = batchNormalization(
                x, scale: scale, shift: shift, epsilon: 1e-3, activation: activation)
            #expect(
                output.output.elements == plain.output.elements.map { min(max($0, 0), limit) })
        }
    }

    @Test("pools follow finite differences")
    func pools() {
        let x = input(VolumeSize(4, 6, 5), 3, "x")
        let window = Window(same: VolumeSize(cubic: 3), stride: VolumeSize(cubic: 2))
        let pooled = maxPooling(x, window: window)
        let g = randomTensor(pooled.output.shape, "g")
        let gradient = maxPoolingGradient(
            g, chosen: pooled.chosen, inputShape: x.shape, window: window)
        // Piecewise linear: with a small step no maximum changes hands.
        expectSlope(
            at: x.elements, along: input(VolumeSize(4, 6, 5), 3, "v").elements,
            gradient: gradient.elements, step: 1e-4
        ) {
            inner(
                maxPooling(Tensor(shape: x.shape, elements: $0), window: window).output.elements,
                g.elements)
        }
        let whole = Window(
            kernel: VolumeSize(2, 2, 2), stride: VolumeSize(2, 2, 2),
            padding: VolumeSize(cubic: 0))
        let mean = averagePooling(x, window: whole)
        let dMean = randomTensor(mean.shape, "mean")
        expectAdjoint(
            mean.elements, dMean.elements, x.elements,
            averagePoolingGradient(dMean, inputShape: x.shape, window: whole).elements)
    }

    @Test("cross-entropy follows finite differences", arguments: [0, 0.1])
    func loss(smoothing: Double) {
        let logits = randomTensor([5, 3], "logits").elements
        func value(_ logits: [Float]) -> (loss: Double, gradient: [Float]) {
            crossEntropy(
                logits: logits, labels: [0, 1, 2, 2, 0], classes: 3, labelSmoothing: smoothing,
                classWeights: [1, 2, 0.5])
        }
        expectSlope(
            at: logits, along: randomTensor([5, 3], "v").elements,
            gradient: value(logits).gradient
        ) { value($0).loss }
    }

    @Test("dropout is the mask, which is a function of its stream")
    func dropout() {
        let stream = RandomStream(seed: 5, name: "dropout", counters: 1, 2, 3)
        let mask = dropoutMask(count: 10_000, rate: 0.25, stream: stream)
        #expect(mask == dropoutMask(count: 10_000, rate: 0.25, stream: stream))
        #expect(Set(mask) == [0, Float(1 / 0.75)])
        let kept = mask.count { $0 > 0 }
        #expect(abs(kept - 7_500) < 150)
    }
}
