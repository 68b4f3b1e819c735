internal import CKernels
package import Tensors

/// The maximum over every window; padding never wins, NaN does.
///
/// - Parameters:
///   - input: `[N, D, H, W, C]`.
///   - window: Kernel, stride and padding.
/// - Returns: `[N, d, h, w, C]`, and the input voxel that each value came from.
package func maxPooling(_ input: Tensor, window: Window) -> (output: Tensor, chosen: [Int32]) {
    let extents = Extents(input.shape)
    let size = window.output(of: extents.size)
    let count = extents.samples * size.count * extents.channels
    var output = zeros(count)
    var chosen = [Int32](repeating: 0, count: count)
    unsafe vn_max_pool(
        input.elements, &output, &chosen, extents.geometry(window, outputs: extents.channels), 0,
        extents.samples * size.depth * size.height)
    return (
        Tensor(shape: extents.shape(size, channels: extents.channels), elements: output), chosen
    )
}

/// The gradient of ``maxPooling(_:window:)``.
///
/// - Parameters:
///   - outputGradient: The gradient of the output.
///   - chosen: The voxels that the forward pass chose.
///   - shape: The shape of the forward pass's input.
///   - window: Kernel, stride and padding.
/// - Returns: The gradient of the input.
package func maxPoolingGradient(
    _ outputGradient: Tensor, chosen: [Int32], inputShape shape: [Int], window: Window
) -> Tensor {
    let extents = Extents(shape)
    let geometry = extents.geometry(window, outputs: extents.channels)
    var gradient = zeros(extents.rows * extents.channels)
    for sample in 0..<extents.samples {
        unsafe vn_max_pool_gradient(
            outputGradient.elements, chosen, &gradient, geometry, sample)
    }
    return Tensor(shape: shape, elements: gradient)
}

/// The mean over every whole window.
///
/// - Parameters:
///   - input: `[N, D, H, W, C]`.
///   - window: Kernel and stride; without padding.
/// - Returns: `[N, d, h, w, C]`.
package func averagePooling(_ input: Tensor, window: Window) -> Tensor {
    precondition(window.padding.count == 0, "average pooling has no padding here")
    let extents = Extents(input.shape)
    let size = window.output(of: extents.size)
    var output = zeros(extents.samples * size.count * extents.channels)
    unsafe vn_average_pool(
        input.elements, &output, extents.geometry(window, outputs: extents.channels), 0,
        extents.samples * size.depth * size.height)
    return Tensor(shape: extents.shape(size, channels: extents.channels), elements: output)
}

/// The gradient of ``averagePooling(_:window:)``.
///
/// - Parameters:
///   - outputGradient: The gradient of the output.
///   - shape: The shape of the forward pass's input.
///   - window: Kernel and stride.
/// - Returns: The gradient of the input.
package func averagePoolingGradient(
    _ outputGradient: Tensor, inputShape shape: [Int], window: Window
) -> Tensor {
    let extents = Extents(shape)
    let geometry = extents.geometry(window, outputs: extents.channels)
    var gradient = zeros(extents.rows * extents.channels)
    for sample in 0..<extents.samples {
        unsafe vn_average_pool_gradient(outputGradient.elements, &gradient, geometry, sample)
    }
    return Tensor(shape: shape, elements: gradient)
}
