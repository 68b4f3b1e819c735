internal import CKernels
package import Tensors

/// What follows a normalisation in these functions.
package enum FollowingActivation: Int32, Hashable, Sendable {
    /// Nothing.
    case linear = 0
    /// `max(x, 0)`.
    case relu = 1
    /// `min(max(x, 0), 6)`.
    case relu6 = 2
}

/// What the backward pass of a batch norm needs from its forward pass.
package struct NormalizationState: Hashable, Sendable {
    var scale, shift, mean, inverse: [Float]
    let usesBatch: Bool
}

/// Normalises every channel by the batch's own mean and biased variance.
///
/// Moments are summed in a fixed number of parts, in double, so the result does not depend on
/// threads, and relative to a value of each chunk, so a large mean costs no digits.
///
/// - Parameters:
///   - input: `[N, D, H, W, C]`.
///   - scale: gamma per channel.
///   - shift: beta per channel.
///   - epsilon: What is added to the variance.
///   - activation: What follows, in the same pass.
/// - Returns: The output, the batch's mean and unbiased variance, and what the gradient needs.
package func batchNormalization(
    _ input: Tensor, scale: [Float], shift: [Float], epsilon: Double,
    activation: FollowingActivation = .linear
) -> (output: Tensor, mean: [Float], variance: [Float], state: NormalizationState) {
    let extents = Extents(input.shape)
    let channels = extents.channels
    let padded = (channels + 15) / 16 * 16
    var moments = [Double](repeating: 0, count: 2 * padded)
    unsafe moments.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        unsafe vn_moments(input.elements, 0, extents.rows, channels, base, base + padded)
    }
    var state = NormalizationState(
        scale: zeros(channels), shift: zeros(channels), mean: zeros(channels),
        inverse: zeros(channels), usesBatch: true)
    var variance = zeros(channels)
    unsafe vn_normalization_coefficients(
        moments, 1, padded, extents.rows, channels, scale, shift, epsilon, &state.scale,
        &state.shift, &state.mean, &state.inverse, &variance)
    return (normalize(input, state, activation), state.mean, variance, state)
}

/// Normalises every channel by a recorded mean and variance.
///
/// - Parameters:
///   - input: `[N, D, H, W, C]`.
///   - scale: gamma per channel.
///   - shift: beta per channel.
///   - mean: The recorded mean per channel.
///   - variance: The recorded variance per channel.
///   - epsilon: What is added to the variance.
///   - activation: What follows, in the same pass.
/// - Returns: The output, and what the gradient needs.
package func recordedNormalization(
    _ input: Tensor, scale: [Float], shift: [Float], mean: [Float], variance: [Float],
    epsilon: Double, activation: FollowingActivation = .linear
) -> (output: Tensor, state: NormalizationState) {
    let channels = Extents(input.shape).channels
    var state = NormalizationState(
        scale: zeros(channels), shift: zeros(channels), mean: zeros(channels),
        inverse: zeros(channels), usesBatch: false)
    unsafe vn_normalization_constants(
        mean, variance, channels, scale, shift, epsilon, &state.scale, &state.shift, &state.mean,
        &state.inverse)
    return (normalize(input, state, activation), state)
}

/// The gradients of either normalisation.
///
/// - Parameters:
///   - input: The forward pass's input.
///   - outputGradient: The gradient of its output, behind the activation.
///   - state: What the forward pass kept.
///   - activation: What followed.
/// - Returns: The gradients of input, scale and shift.
package func normalizationGradient(
    _ input: Tensor, outputGradient: Tensor, state: NormalizationState,
    activation: FollowingActivation = .linear
) -> (input: Tensor, scale: [Float], shift: [Float]) {
    let extents = Extents(input.shape)
    let channels = extents.channels
    let padded = (channels + 15) / 16 * 16
    var sums = [Double](repeating: 0, count: 2 * padded)
    unsafe sums.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        unsafe vn_normalize_gradient_sums(
            input.elements, outputGradient.elements, 0, extents.rows, channels, state.scale,
            state.shift, state.mean, activation.rawValue, base, base + padded)
    }
    var (scale, shift) = (zeros(channels), zeros(channels))
    var (slope, offset) = (zeros(channels), zeros(channels))
    unsafe vn_normalization_gradient_coefficients(
        sums, 1, padded, extents.rows, channels, state.scale, state.inverse, &scale, &shift,
        &slope, &offset)
    if !state.usesBatch {
        // Recorded statistics do not depend on the input.
        slope = zeros(channels)
        offset = zeros(channels)
    }
    var inputGradient = zeros(input.count)
    unsafe vn_normalize_gradient(
        input.elements, outputGradient.elements, &inputGradient, 0, extents.rows, channels,
        state.scale, state.shift, state.mean, slope, offset, activation.rawValue)
    return (Tensor(shape: input.shape, elements: inputGradient), scale, shift)
}

private func normalize(
    _ input: Tensor, _ state: NormalizationState, _ activation: FollowingActivation
) -> Tensor {
    let extents = Extents(input.shape)
    var output = zeros(input.count)
    unsafe vn_normalize(
        input.elements, nil, &output, 0, extents.rows, extents.channels, state.scale, state.shift,
        activation.rawValue)
    return Tensor(shape: input.shape, elements: output)
}
