internal import CKernels

/// One step of SGD with momentum, in place.
///
/// - Parameters:
///   - parameters: What to move.
///   - gradient: The gradient, as long.
///   - velocity: The momentum buffer, as long.
///   - rate: The learning rate.
///   - momentum: The share of the velocity that is kept.
///   - decay: The L2 decay that is added to the gradient.
///   - gradientScale: A factor on the gradient.
///   - isFirst: Whether the velocity starts with this gradient.
package func updateSGD(
    _ parameters: inout [Float], gradient: [Float], velocity: inout [Float], rate: Float,
    momentum: Float, decay: Float, gradientScale: Float, isFirst: Bool
) {
    let count = parameters.count
    precondition(gradient.count == count && velocity.count == count, "unequal lengths")
    unsafe vn_update_sgd(
        &parameters, gradient, &velocity, count, rate, momentum, decay, gradientScale,
        isFirst ? 1 : 0)
}

/// The constants of one Adam step.
package struct AdamStep: Hashable, Sendable {
    let shrink, decay, beta1, beta2, oneMinusBeta1, oneMinusBeta2: Float
    let stepSize, inverseRootCorrection, epsilon, gradientScale: Float

    /// Constants of a step.
    ///
    /// - Parameters:
    ///   - shrink: A factor on the parameter before the step (decoupled decay).
    ///   - decay: L2 decay that is added to the gradient.
    ///   - beta1: The decay rate of the first moment.
    ///   - beta2: The decay rate of the second moment.
    ///   - oneMinusBeta1: Its complement, rounded from double.
    ///   - oneMinusBeta2: Its complement, rounded from double.
    ///   - stepSize: The learning rate over the first moment's bias correction.
    ///   - inverseRootCorrection: One over the root of the second moment's bias correction.
    ///   - epsilon: What keeps the division from zero.
    ///   - gradientScale: A factor on the gradient.
    package init(
        shrink: Float, decay: Float, beta1: Float, beta2: Float, oneMinusBeta1: Float,
        oneMinusBeta2: Float, stepSize: Float, inverseRootCorrection: Float, epsilon: Float,
        gradientScale: Float
    ) {
        self.shrink = shrink
        self.decay = decay
        self.beta1 = beta1
        self.beta2 = beta2
        self.oneMinusBeta1 = oneMinusBeta1
        self.oneMinusBeta2 = oneMinusBeta2
        self.stepSize = stepSize
        self.inverseRootCorrection = inverseRootCorrection
        self.epsilon = epsilon
        self.gradientScale = gradientScale
    }
}

/// One step of Adam, in place.
///
/// - Parameters:
///   - parameters: What to move.
///   - gradient: The gradient, as long.
///   - first: The first moment, as long.
///   - second: The second moment, as long.
///   - step: The step's constants.
package func updateAdam(
    _ parameters: inout [Float], gradient: [Float], first: inout [Float], second: inout [Float],
    _ step: AdamStep
) {
    let count = parameters.count
    precondition(
        gradient.count == count && first.count == count && second.count == count,
        "unequal lengths")
    unsafe vn_update_adam(
        &parameters, gradient, &first, &second, count,
        vn_adam(
            shrink: step.shrink, decay: step.decay, beta1: step.beta1, beta2: step.beta2,
            one_minus_beta1: step.oneMinusBeta1, one_minus_beta2: step.oneMinusBeta2,
            step_size: step.stepSize, inverse_root_correction: step.inverseRootCorrection,
            epsilon: step.epsilon, gradient_scale: step.gradientScale))
}

/// The sum of squares in double, in 16 fixed lanes.
///
/// - Parameter values: The values.
/// - Returns: The sum.
package func sumOfSquares(_ values: [Float]) -> Double {
    unsafe vn_dot(values, values, 0, values.count)
}
