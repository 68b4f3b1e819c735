internal import Kernels
package import Tensors

/// Adam, with decay coupled to the gradient as in PyTorch's `Adam` or decoupled as in `AdamW`.
///
/// - SeeAlso: Kingma & Ba, *Adam*, ICLR 2015; Loshchilov & Hutter, *Decoupled weight decay
///   regularization*, ICLR 2019.
package struct Adam: Optimizer, Hashable {
    /// Where weight decay enters.
    package enum Decay: Hashable, Sendable {
        /// Added to the gradient, hence divided by the second moment too.
        case coupled
        /// Applied to the parameter directly.
        case decoupled
    }

    /// The decay rates of the two moments.
    package let beta1: Double, beta2: Double
    /// What keeps the division from zero.
    package let epsilon: Double
    /// The strength of the decay.
    package let weightDecay: Double
    /// Where the decay enters.
    package let decay: Decay

    /// A rule with the given constants; PyTorch's defaults.
    package init(
        beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
        weightDecay: Double = 0, decay: Decay = .coupled
    ) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.decay = decay
    }

    package func update(
        parameters: inout ParameterSet, gradients: ParameterSet, state: inout OptimizerState,
        learningRate: Double, gradientScale: Float
    ) {
        forEachUpdated(&parameters, gradients, &state, needsSecond: true) {
            block, gradient, entry in
            let first = 1 - power(beta1, entry.step)
            let second = 1 - power(beta2, entry.step)
            updateAdam(
                &block, gradient: gradient, first: &entry.first, second: &entry.second,
                AdamStep(
                    shrink: decay == .decoupled ? Float(1 - learningRate * weightDecay) : 1,
                    decay: decay == .coupled ? Float(weightDecay) : 0, beta1: Float(beta1),
                    beta2: Float(beta2), oneMinusBeta1: Float(1 - beta1),
                    oneMinusBeta2: Float(1 - beta2), stepSize: Float(learningRate / first),
                    inverseRootCorrection: Float(1 / second.squareRoot()),
                    epsilon: Float(epsilon), gradientScale: gradientScale))
        }
    }
}

/// An integer power by repeated squaring: products only, hence the same bits everywhere.
private func power(_ base: Double, _ exponent: Int) -> Double {
    var result = 1.0
    var factor = base
    var rest = exponent
    while rest > 0 {
        if rest & 1 == 1 { result *= factor }
        factor *= factor
        rest >>= 1
    }
    return result
}
