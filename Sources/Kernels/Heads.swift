internal import CKernels
package import Tensors

/// Averages every channel over depth, height and width, in double.
///
/// - Parameter input: `[N, D, H, W, C]`.
/// - Returns: `[N, C]`.
package func globalAveragePooling(_ input: Tensor) -> Tensor {
    let extents = Extents(input.shape)
    var output = zeros(extents.samples * extents.channels)
    unsafe vn_global_average(
        input.elements, &output, extents.size.count, extents.channels, 0, extents.samples)
    return Tensor(shape: [extents.samples, extents.channels], elements: output)
}

/// The gradient of ``globalAveragePooling(_:)``.
///
/// - Parameters:
///   - outputGradient: `[N, C]`.
///   - shape: The shape of the forward pass's input.
/// - Returns: The gradient of the input.
package func globalAveragePoolingGradient(_ outputGradient: Tensor, inputShape shape: [Int])
    -> Tensor
{
    let extents = Extents(shape)
    var gradient = zeros(extents.rows * extents.channels)
    unsafe vn_global_average_gradient(
        outputGradient.elements, &gradient, extents.size.count, extents.channels, 0,
        extents.samples)
    return Tensor(shape: shape, elements: gradient)
}

/// A linear layer; sums in double.
///
/// - Parameters:
///   - input: `[N, in]`.
///   - weights: `[in, out]`.
///   - bias: One value per output.
/// - Returns: `[N, out]`.
package func linear(_ input: Tensor, weights: Tensor, bias: [Float]) -> Tensor {
    let (rows, inputs, outputs) = (input.shape[0], weights.shape[0], weights.shape[1])
    var output = zeros(rows * outputs)
    unsafe vn_linear(
        input.elements, weights.elements, bias, &output, inputs, outputs, 0, rows)
    return Tensor(shape: [rows, outputs], elements: output)
}

/// The gradients of ``linear(_:weights:bias:)``.
///
/// - Parameters:
///   - input: The forward pass's input.
///   - weights: The forward pass's weights.
///   - outputGradient: The gradient of its output.
/// - Returns: The gradients of input, weights and bias.
package func linearGradient(
    _ input: Tensor, weights: Tensor, outputGradient: Tensor
) -> (input: Tensor, weights: Tensor, bias: [Float]) {
    let (rows, inputs, outputs) = (input.shape[0], weights.shape[0], weights.shape[1])
    var inputGradient = zeros(input.count)
    unsafe vn_linear_input_gradient(
        outputGradient.elements, weights.elements, &inputGradient, inputs, outputs, 0, rows)
    var weightGradient = zeros(weights.count)
    var bias = zeros(outputs)
    unsafe vn_linear_weight_gradient(
        input.elements, outputGradient.elements, &weightGradient, &bias, rows, inputs, outputs)
    return (
        Tensor(shape: input.shape, elements: inputGradient),
        Tensor(shape: weights.shape, elements: weightGradient), bias
    )
}

/// A dropout mask: 0 with probability `rate`, else `1 / (1 - rate)`.
///
/// - Parameters:
///   - count: The number of values.
///   - rate: The probability that a value is dropped, from 0 up to 1.
///   - stream: Where the mask comes from, keyed by the caller; one draw per value.
/// - Returns: The factors.
package func dropoutMask(count: Int, rate: Double, stream: RandomStream) -> [Float] {
    precondition(rate >= 0 && rate < 1, "a dropout rate is in 0..<1")
    var stream = stream
    let threshold = UInt32(rate * 0x1p32)
    let kept = Float(1 / (1 - rate))
    return (0..<count).map { _ in stream.next() >= threshold ? kept : 0 }
}
