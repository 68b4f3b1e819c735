internal import CKernels
internal import COpenBLAS
package import Tensors

/// A dense convolution as a matrix product over patches, by OpenBLAS: for the baseline networks.
///
/// Its bits depend on the processor that OpenBLAS was chosen for, unlike the search path's.
///
/// - Parameters:
///   - input: `[N, D, H, W, in]`.
///   - weights: `[taps, in, out]`, taps in the order depth, height, width.
///   - window: Kernel, stride and padding.
/// - Returns: `[N, d, h, w, out]`.
package func convolution(_ input: Tensor, weights: Tensor, window: Window) -> Tensor {
    let extents = Extents(input.shape)
    let outputs = weights.shape[2]
    let taps = window.kernel.count * extents.channels
    precondition(weights.count == taps * outputs, "convolution weights are [taps, in, out]")
    let size = window.output(of: extents.size)
    let geometry = extents.geometry(window, outputs: outputs)
    var patches = zeros(size.count * taps)
    var output = zeros(extents.samples * size.count * outputs)
    for sample in 0..<extents.samples {
        let row = sample * size.depth * size.height
        unsafe vn_patches(
            input.elements, &patches, geometry, row, row + size.depth * size.height)
        unsafe output.withUnsafeMutableBufferPointer { output in
            guard let base = output.baseAddress else { return }
            unsafe cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(size.count), blasint(outputs),
                blasint(taps), 1, patches, blasint(taps), weights.elements, blasint(outputs), 0,
                base + sample * size.count * outputs, blasint(outputs))
        }
    }
    return Tensor(shape: extents.shape(size, channels: outputs), elements: output)
}

/// The gradients of ``convolution(_:weights:window:)``.
///
/// - Parameters:
///   - input: The forward pass's input.
///   - weights: The forward pass's weights.
///   - outputGradient: The gradient of its output.
///   - window: Kernel, stride and padding.
/// - Returns: The gradients of input and weights.
package func convolutionGradient(
    _ input: Tensor, weights: Tensor, outputGradient: Tensor, window: Window
) -> (input: Tensor, weights: Tensor) {
    let extents = Extents(input.shape)
    let outputs = weights.shape[2]
    let taps = window.kernel.count * extents.channels
    let size = window.output(of: extents.size)
    let geometry = extents.geometry(window, outputs: outputs)
    var patches = zeros(size.count * taps)
    var inputGradient = zeros(input.count)
    var weightGradient = zeros(weights.count)
    for sample in 0..<extents.samples {
        let row = sample * size.depth * size.height
        unsafe vn_patches(
            input.elements, &patches, geometry, row, row + size.depth * size.height)
        unsafe outputGradient.elements.withUnsafeBufferPointer { gradient in
            guard let base = gradient.baseAddress else { return }
            let part = unsafe base + sample * size.count * outputs
            unsafe cblas_sgemm(
                CblasRowMajor, CblasTrans, CblasNoTrans, blasint(taps), blasint(outputs),
                blasint(size.count), 1, patches, blasint(taps), part, blasint(outputs), 1,
                &weightGradient, blasint(outputs))
            unsafe cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasTrans, blasint(size.count), blasint(taps),
                blasint(outputs), 1, part, blasint(outputs), weights.elements, blasint(outputs),
                0, &patches, blasint(taps))
        }
        unsafe vn_patches_gradient(patches, &inputGradient, geometry, sample)
    }
    return (
        Tensor(shape: input.shape, elements: inputGradient),
        Tensor(shape: weights.shape, elements: weightGradient)
    )
}
