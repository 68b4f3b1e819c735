internal import CKernels
package import Tensors

/// A dense convolution between many channels, with any kernel, stride and padding.
///
/// Every sum is one chain of fused multiply-adds over taps and input channels in order: the bits are
/// the same on every processor that fuses them. ``convolution(_:weights:window:)`` is the same by
/// OpenBLAS.
///
/// - Parameters:
///   - input: `[N, D, H, W, in]`.
///   - weights: `[taps, in, out]`, taps in the order depth, height, width.
///   - bias: One value per output channel, or `nil`.
///   - window: Kernel, stride and padding.
/// - Returns: `[N, d, h, w, out]`.
package func denseConvolution(
    _ input: Tensor, weights: Tensor, bias: [Float]? = nil, window: Window
) -> Tensor {
    let extents = Extents(input.shape)
    let outputs = weights.shape[2]
    precondition(
        weights.shape[0] == window.kernel.count && weights.shape[1] == extents.channels,
        "convolution weights are [taps, in, out]")
    let size = window.output(of: extents.size)
    let rows = extents.samples * size.count
    let geometry = extents.geometry(window, outputs: outputs)
    var output = zeros(rows * outputs)
    if let bias {
        unsafe vn_dense_convolution(
            input.elements, weights.elements, bias, &output, geometry, 0, rows, 0, outputs)
    } else {
        unsafe vn_dense_convolution(
            input.elements, weights.elements, nil, &output, geometry, 0, rows, 0, outputs)
    }
    return Tensor(shape: extents.shape(size, channels: outputs), elements: output)
}

/// The gradients of ``denseConvolution(_:weights:bias:window:)``.
///
/// - Parameters:
///   - input: The forward pass's input.
///   - weights: The forward pass's weights.
///   - outputGradient: The gradient of its output.
///   - window: Kernel, stride and padding.
/// - Returns: The gradients of input, weights and bias.
package func denseConvolutionGradient(
    _ input: Tensor, weights: Tensor, outputGradient: Tensor, window: Window
) -> (input: Tensor, weights: Tensor, bias: [Float]) {
    let extents = Extents(input.shape)
    let (inputs, outputs) = (extents.channels, weights.shape[2])
    let geometry = extents.geometry(window, outputs: outputs)
    let taps = window.kernel.count
    var transposed = zeros(weights.count)
    unsafe vn_dense_transpose(weights.elements, &transposed, geometry, 0, taps)
    var inputGradient = zeros(input.count)
    for index in 0..<vn_dense_classes(geometry) {
        unsafe vn_dense_input_gradient(
            outputGradient.elements, transposed, &inputGradient, geometry, index, 0,
            vn_dense_class_rows(geometry, index), 0, inputs)
    }
    var weightGradient = zeros(weights.count)
    unsafe vn_dense_weight_gradient(
        input.elements, outputGradient.elements, &weightGradient, geometry, 0, taps, 0, inputs, 0,
        outputs)
    return (
        Tensor(shape: input.shape, elements: inputGradient),
        Tensor(shape: weights.shape, elements: weightGradient),
        columnSums(
            outputGradient.elements, rows: outputGradient.count / outputs, channels: outputs)
    )
}
