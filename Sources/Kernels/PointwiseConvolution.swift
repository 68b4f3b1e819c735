internal import CKernels
package import Tensors

/// A 1×1×1 convolution: a matrix product over the channels of every voxel.
///
/// - Parameters:
///   - input: `[N, D, H, W, in]`.
///   - weights: `[in, out]`.
///   - bias: One value per output channel, or `nil`.
///   - stride: Voxels at multiples of it are used.
/// - Returns: `[N, ceil(D/s), ceil(H/s), ceil(W/s), out]`.
package func pointwiseConvolution(
    _ input: Tensor, weights: Tensor, bias: [Float]? = nil,
    stride: VolumeSize = VolumeSize(cubic: 1)
) -> Tensor {
    let extents = Extents(input.shape)
    let outputs = weights.shape[1]
    precondition(weights.shape[0] == extents.channels, "weights do not fit the input")
    let size = extents.size.dividedRoundingUp(by: stride)
    let rows = extents.samples * size.count
    let dense = gatherStrided(input, stride: stride)
    var output = zeros(rows * outputs)
    if let bias {
        unsafe vn_matrix_multiply(
            0, rows, 0, outputs, extents.channels, dense, extents.channels,
            vn_reading(), weights.elements, outputs, &output, outputs, bias, 0)
    } else {
        unsafe vn_matrix_multiply(
            0, rows, 0, outputs, extents.channels, dense, extents.channels,
            vn_reading(), weights.elements, outputs, &output, outputs, nil, 0)
    }
    return Tensor(shape: extents.shape(size, channels: outputs), elements: output)
}

/// The gradients of ``pointwiseConvolution(_:weights:bias:stride:)``.
///
/// - Parameters:
///   - input: The forward pass's input.
///   - weights: The forward pass's weights.
///   - outputGradient: The gradient of its output.
///   - stride: The forward pass's stride.
/// - Returns: The gradients of input, weights and bias.
package func pointwiseConvolutionGradient(
    _ input: Tensor, weights: Tensor, outputGradient: Tensor,
    stride: VolumeSize = VolumeSize(cubic: 1)
) -> (input: Tensor, weights: Tensor, bias: [Float]) {
    let extents = Extents(input.shape)
    let (inputs, outputs) = (extents.channels, weights.shape[1])
    let rows = outputGradient.count / outputs
    let dense = gatherStrided(input, stride: stride)
    var transposed = zeros(inputs * outputs)
    unsafe vn_transpose(weights.elements, &transposed, inputs, outputs, 0, inputs)
    var denseGradient = zeros(rows * inputs)
    unsafe vn_matrix_multiply(
        0, rows, 0, inputs, outputs, outputGradient.elements, outputs, vn_reading(), transposed,
        inputs, &denseGradient, inputs, nil, 0)
    var inputGradient = denseGradient
    if stride != VolumeSize(cubic: 1) {
        inputGradient = zeros(input.count)
        let geometry = extents.geometry(
            Window(same: VolumeSize(cubic: 1), stride: stride), outputs: inputs)
        unsafe vn_scatter_strided(
            denseGradient, &inputGradient, geometry, 0,
            extents.samples * extents.size.depth * extents.size.height)
    }
    var weightGradient = zeros(weights.count)
    unsafe vn_matrix_multiply_transposed(
        0, inputs, 0, outputs, rows, dense, inputs, vn_reading(), outputGradient.elements,
        outputs, &weightGradient, outputs)
    return (
        Tensor(shape: input.shape, elements: inputGradient),
        Tensor(shape: weights.shape, elements: weightGradient),
        columnSums(outputGradient.elements, rows: rows, channels: outputs)
    )
}

private func gatherStrided(_ input: Tensor, stride: VolumeSize) -> [Float] {
    if stride == VolumeSize(cubic: 1) { return input.elements }
    let extents = Extents(input.shape)
    let size = extents.size.dividedRoundingUp(by: stride)
    var dense = zeros(extents.samples * size.count * extents.channels)
    let geometry = extents.geometry(
        Window(same: VolumeSize(cubic: 1), stride: stride), outputs: extents.channels)
    unsafe vn_gather_strided(
        input.elements, &dense, geometry, 0, extents.samples * size.depth * size.height)
    return dense
}

func columnSums(_ values: [Float], rows: Int, channels: Int) -> [Float] {
    let padded = (channels + 15) / 16 * 16
    var sums = [Double](repeating: 0, count: padded)
    unsafe vn_column_sums(values, 0, rows, channels, &sums)
    return sums.prefix(channels).map { Float($0) }
}
