internal import CKernels
package import Tensors

/// A depthwise convolution with stride 1 and "same" zero padding.
///
/// Only taps inside the volume are computed, so a large kernel on a small volume costs little.
///
/// - Parameters:
///   - input: `[N, D, H, W, C]`.
///   - weights: `[kernel³, C]`, taps in the order depth, height, width.
///   - kernel: The kernel's extent: 3, 5 or 7.
/// - Returns: A tensor of the input's shape.
package func depthwiseConvolution(_ input: Tensor, weights: Tensor, kernel: Int) -> Tensor {
    checkDepthwise(input, weights, kernel)
    let volume = Extents(input.shape).volume
    var output = zeros(input.count)
    unsafe vn_depthwise(
        input.elements, vn_reading(), weights.elements, &output, volume, kernel, 0,
        vn_depthwise_items(volume))
    return Tensor(shape: input.shape, elements: output)
}

/// The gradients of ``depthwiseConvolution(_:weights:kernel:)``.
///
/// - Parameters:
///   - input: The forward pass's input.
///   - weights: The forward pass's weights.
///   - outputGradient: The gradient of its output.
///   - kernel: The kernel's extent.
/// - Returns: The gradients of input and weights; taps that never touch the volume have 0.
package func depthwiseConvolutionGradient(
    _ input: Tensor, weights: Tensor, outputGradient: Tensor, kernel: Int
) -> (input: Tensor, weights: Tensor) {
    checkDepthwise(input, weights, kernel)
    precondition(outputGradient.shape == input.shape, "a depthwise output has the input's shape")
    let volume = Extents(input.shape).volume
    var inputGradient = zeros(input.count)
    var weightGradient = zeros(weights.count)
    let items = vn_depthwise_gradient_items(volume)
    var partial = zeros(items * kernel * kernel * kernel * 16)
    unsafe vn_depthwise_gradients(
        input.elements, vn_reading(), outputGradient.elements, vn_gradient_reading(),
        weights.elements, &inputGradient, &partial, volume, kernel, 0, items)
    unsafe vn_depthwise_weight_sums(
        partial, &weightGradient, volume, kernel, 0, (volume.channels + 15) / 16)
    return (
        Tensor(shape: input.shape, elements: inputGradient),
        Tensor(shape: weights.shape, elements: weightGradient)
    )
}

private func checkDepthwise(_ input: Tensor, _ weights: Tensor, _ kernel: Int) {
    precondition([3, 5, 7].contains(kernel), "depthwise kernels are 3, 5 or 7")
    precondition(
        weights.shape == [kernel * kernel * kernel, Extents(input.shape).channels],
        "depthwise weights are [kernel³, C]")
}
