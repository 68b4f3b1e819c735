internal import CKernels
package import Tensors

/// A dense convolution computed directly: for few input channels, such as the stem.
///
/// - Parameters:
///   - input: `[N, D, H, W, in]`.
///   - weights: `[taps, in, out]`, taps in the order depth, height, width.
///   - window: Kernel, stride and padding.
/// - Returns: `[N, d, h, w, out]`.
package func directConvolution(_ input: Tensor, weights: Tensor, window: Window) -> Tensor {
    let extents = Extents(input.shape)
    let outputs = weights.shape[2]
    precondition(
        weights.shape == [window.kernel.count, extents.channels, outputs],
        "convolution weights are [taps, in, out]")
    let size = window.output(of: extents.size)
    var output = zeros(extents.samples * size.count * outputs)
    unsafe vn_direct_convolution(
        input.elements, weights.elements, &output, extents.geometry(window, outputs: outputs), 0,
        extents.samples * size.depth * size.height)
    return Tensor(shape: extents.shape(size, channels: outputs), elements: output)
}

/// The gradient of the weights of ``directConvolution(_:weights:window:)``.
///
/// The gradient of the input is ``convolutionGradient(_:weights:outputGradient:window:)``'s.
///
/// - Parameters:
///   - input: The forward pass's input.
///   - outputGradient: The gradient of its output.
///   - window: Kernel, stride and padding.
/// - Returns: A tensor of the weights' shape.
package func directConvolutionWeightGradient(
    _ input: Tensor, outputGradient: Tensor, window: Window
) -> Tensor {
    let extents = Extents(input.shape)
    let outputs = outputGradient.shape[4]
    let count = window.kernel.count * extents.channels * outputs
    let geometry = extents.geometry(window, outputs: outputs)
    var partial = zeros(extents.samples * count)
    unsafe vn_direct_convolution_weights(
        input.elements, outputGradient.elements, &partial, geometry, 0,
        vn_direct_convolution_weight_items(geometry))
    var sum = zeros(count)
    unsafe vn_sum_parts(partial, &sum, extents.samples, count, 0, count)
    return Tensor(shape: [window.kernel.count, extents.channels, outputs], elements: sum)
}
