import GoldenVectors
import Kernels
import Safetensors
import Tensors
import Testing

/// Rounding alone: every operation is compared with a double-precision reference.
private let tolerance = 1e-5

@Suite(
    "An operation agrees with PyTorch:",
    .disabled(if: GoldenFiles.isMissing, Comment(rawValue: GoldenFiles.hint)))
struct GoldenOperationTests {
    @Test(
        "depthwise convolution",
        arguments: [3, 5, 7], ["4x9x10", "2x4x4", "1x2x2", "1x1x3", "wide"])
    func depthwise(kernel: Int, shape: String) throws {
        if shape == "wide", kernel != 3 { return }
        let name =
            shape == "wide" ? "depthwise_k3_wide" : "depthwise_k\(kernel)_\(shape)"
        let golden = try GoldenCase(name)
        let x = try golden.activations("x")
        let extents = [kernel * kernel * kernel, x.shape[4]]
        let weights = try golden.weights("weight", shape: extents)
        let y = depthwiseConvolution(x, weights: weights, kernel: kernel)
        #expect(try relativeError(y.elements, golden.activations("y").elements) < tolerance)
        let gradient = try depthwiseConvolutionGradient(
            x, weights: weights, outputGradient: golden.activations("dy"), kernel: kernel)
        #expect(
            try relativeError(gradient.input.elements, golden.activations("dx").elements)
                < tolerance)
        #expect(
            try relativeError(
                gradient.weights.elements, golden.weights("dweight", shape: extents).elements)
                < tolerance)
    }

    @Test("pointwise convolution", arguments: [("pointwise", 1), ("pointwise_bias_stride2", 2)])
    func pointwise(name: String, stride: Int) throws {
        let golden = try GoldenCase(name)
        let x = try golden.activations("x")
        let dy = try golden.activations("dy")
        let shape = [x.shape[4], dy.shape[4]]
        let weights = try golden.weights("weight", shape: shape)
        let bias = stride == 2 ? try golden.raw("bias").elements : nil
        let step = VolumeSize(cubic: stride)
        let y = pointwiseConvolution(x, weights: weights, bias: bias, stride: step)
        #expect(y.shape == dy.shape)
        #expect(try relativeError(y.elements, golden.activations("y").elements) < tolerance)
        let gradient = pointwiseConvolutionGradient(
            x, weights: weights, outputGradient: dy, stride: step)
        #expect(
            try relativeError(gradient.input.elements, golden.activations("dx").elements)
                < tolerance)
        #expect(
            try relativeError(
                gradient.weights.elements, golden.weights("dweight", shape: shape).elements)
                < tolerance)
        if stride == 2 {
            #expect(try relativeError(gradient.bias, golden.raw("dbias").elements) < tolerance)
        }
    }

    struct Dense: Sendable {
        let name: String
        let kernel: VolumeSize
        let stride: VolumeSize
    }

    @Test(
        "dense convolution",
        arguments: [
            Dense(
                name: "stem_3x3x3_stride2", kernel: VolumeSize(cubic: 3),
                stride: VolumeSize(cubic: 2)),
            Dense(
                name: "stem_3x3x3_stride122", kernel: VolumeSize(cubic: 3),
                stride: VolumeSize(1, 2, 2)),
            Dense(
                name: "conv_7x7x7_stride122", kernel: VolumeSize(cubic: 7),
                stride: VolumeSize(1, 2, 2)),
            Dense(
                name: "conv_3x7x7_stride122", kernel: VolumeSize(3, 7, 7),
                stride: VolumeSize(1, 2, 2)),
            Dense(
                name: "conv_1x3x3_stride122", kernel: VolumeSize(1, 3, 3),
                stride: VolumeSize(1, 2, 2)),
            Dense(
                name: "conv_3x3x3_stride2", kernel: VolumeSize(cubic: 3),
                stride: VolumeSize(cubic: 2)),
        ])
    func dense(dense: Dense) throws {
        let golden = try GoldenCase(dense.name)
        let x = try golden.activations("x")
        let dy = try golden.activations("dy")
        let shape = [dense.kernel.count, x.shape[4], dy.shape[4]]
        let weights = try golden.weights("weight", shape: shape)
        let window = Window(same: dense.kernel, stride: dense.stride)
        let y = try golden.activations("y")
        for found in [
            convolution(x, weights: weights, window: window),
            directConvolution(x, weights: weights, window: window),
        ] {
            #expect(found.shape == y.shape)
            #expect(relativeError(found.elements, y.elements) < tolerance)
        }
        let gradient = convolutionGradient(x, weights: weights, outputGradient: dy, window: window)
        let dx = try golden.activations("dx")
        #expect(relativeError(gradient.input.elements, dx.elements) < tolerance)
        let dw = try golden.weights("dweight", shape: shape)
        #expect(relativeError(gradient.weights.elements, dw.elements) < tolerance)
        let direct = directConvolutionWeightGradient(x, outputGradient: dy, window: window)
        #expect(relativeError(direct.elements, dw.elements) < tolerance)
    }

    @Test("batch norm in training", arguments: ["batchnorm_train", "batchnorm_one_voxel"])
    func batchNorm(name: String) throws {
        let golden = try GoldenCase(name)
        let x = try golden.activations("x")
        let found = try batchNormalization(
            x, scale: golden.raw("weight").elements, shift: golden.raw("bias").elements,
            epsilon: 1e-3)
        #expect(
            try relativeError(found.output.elements, golden.activations("y").elements) < tolerance)
        let gradient = try normalizationGradient(
            x, outputGradient: golden.activations("dy"), state: found.state)
        #expect(
            try relativeError(gradient.input.elements, golden.activations("dx").elements)
                < tolerance)
        #expect(try relativeError(gradient.scale, golden.raw("dweight").elements) < tolerance)
        #expect(try relativeError(gradient.shift, golden.raw("dbias").elements) < tolerance)
        // Running statistics start at mean 0 and variance 1, momentum 0.1.
        let mean = found.mean.map { 0.1 * $0 }
        let variance = found.variance.map { 0.9 + 0.1 * $0 }
        #expect(try relativeError(mean, golden.raw("after.running_mean").elements) < tolerance)
        #expect(try relativeError(variance, golden.raw("after.running_var").elements) < tolerance)
    }

    @Test("batch norm with recorded statistics")
    func recordedNorm() throws {
        let golden = try GoldenCase("batchnorm_eval")
        let x = try golden.activations("x")
        let found = try recordedNormalization(
            x, scale: golden.raw("weight").elements, shift: golden.raw("bias").elements,
            mean: golden.raw("after.running_mean").elements,
            variance: golden.raw("after.running_var").elements, epsilon: 1e-3)
        #expect(
            try relativeError(found.output.elements, golden.activations("y").elements) < tolerance)
        let gradient = try normalizationGradient(
            x, outputGradient: golden.activations("dy"), state: found.state)
        #expect(
            try relativeError(gradient.input.elements, golden.activations("dx").elements)
                < tolerance)
        #expect(try relativeError(gradient.scale, golden.raw("dweight").elements) < tolerance)
        #expect(try relativeError(gradient.shift, golden.raw("dbias").elements) < tolerance)
    }

    @Test("ReLU6, as a normalisation that changes nothing else")
    func relu6() throws {
        let golden = try GoldenCase("relu6")
        let x = try golden.activations("x")
        let ones = [Float](repeating: 1, count: x.shape[4])
        let zeros = [Float](repeating: 0, count: x.shape[4])
        let found = recordedNormalization(
            x, scale: ones, shift: zeros, mean: zeros, variance: ones, epsilon: 0,
            activation: .relu6)
        #expect(try found.output == golden.activations("y"))
        let gradient = try normalizationGradient(
            x, outputGradient: golden.activations("dy"), state: found.state, activation: .relu6)
        #expect(try gradient.input == golden.activations("dx"))
    }

    @Test("maximum and mean over windows")
    func pools() throws {
        var golden = try GoldenCase("maxpool_3_2_1")
        var x = try golden.activations("x")
        let same = Window(same: VolumeSize(cubic: 3), stride: VolumeSize(cubic: 2))
        let (y, chosen) = maxPooling(x, window: same)
        #expect(try y == golden.activations("y"))
        let dx = try maxPoolingGradient(
            golden.activations("dy"), chosen: chosen, inputShape: x.shape, window: same)
        #expect(try relativeError(dx.elements, golden.activations("dx").elements) < tolerance)

        golden = try GoldenCase("avgpool_2_2")
        x = try golden.activations("x")
        let whole = Window(
            kernel: VolumeSize(cubic: 2), stride: VolumeSize(cubic: 2),
            padding: VolumeSize(cubic: 0))
        #expect(
            try relativeError(
                averagePooling(x, window: whole).elements, golden.activations("y").elements)
                < tolerance)
        let mean = try averagePoolingGradient(
            golden.activations("dy"), inputShape: x.shape, window: whole)
        #expect(try relativeError(mean.elements, golden.activations("dx").elements) < tolerance)
    }

    @Test("global average and linear layer")
    func heads() throws {
        var golden = try GoldenCase("global_average_pool")
        let x = try golden.activations("x")
        #expect(
            try relativeError(
                globalAveragePooling(x).elements, golden.activations("y").elements) < tolerance)
        let dx = try globalAveragePoolingGradient(golden.raw("dy"), inputShape: x.shape)
        #expect(try relativeError(dx.elements, golden.activations("dx").elements) < tolerance)

        golden = try GoldenCase("linear")
        let weights = try golden.weights("weight", shape: [30, 3])
        let input = try golden.raw("x")
        let y = try linear(input, weights: weights, bias: golden.raw("bias").elements)
        #expect(try relativeError(y.elements, golden.raw("y").elements) < tolerance)
        let gradient = try linearGradient(input, weights: weights, outputGradient: golden.raw("dy"))
        #expect(try relativeError(gradient.input.elements, golden.raw("dx").elements) < tolerance)
        #expect(
            try relativeError(
                gradient.weights.elements, golden.weights("dweight", shape: [30, 3]).elements)
                < tolerance)
        #expect(try relativeError(gradient.bias, golden.raw("dbias").elements) < tolerance)
    }

    @Test("trilinear resampling", arguments: [VolumeSize(8, 12, 10), VolumeSize(3, 4, 4)])
    func trilinear(size: VolumeSize) throws {
        let golden = try GoldenCase("trilinear_to_\(size.depth)x\(size.height)x\(size.width)")
        let x = try golden.activations("x")
        let y = trilinearResampling(x, to: size)
        #expect(try relativeError(y.elements, golden.activations("y").elements) < tolerance)
        let dx = try trilinearResamplingGradient(golden.activations("dy"), inputShape: x.shape)
        #expect(try relativeError(dx.elements, golden.activations("dx").elements) < tolerance)
    }

    @Test(
        "cross-entropy",
        arguments: ["cross_entropy", "cross_entropy_smooth01", "cross_entropy_weighted"])
    func loss(name: String) throws {
        let golden = try GoldenCase(name)
        let labels = try golden.file.elements(of: name + ".labels", as: Int32.self).map(Int.init)
        let found = try crossEntropy(
            logits: golden.raw("logits").elements, labels: labels, classes: 3,
            labelSmoothing: name.hasSuffix("smooth01") ? 0.1 : 0,
            classWeights: name.hasSuffix("weighted") ? [0.5, 1, 2] : nil)
        #expect(try relativeError([Float(found.loss)], golden.raw("loss").elements) < tolerance)
        #expect(
            try relativeError(found.gradient, golden.raw("dlogits").elements) < tolerance)
    }
}
