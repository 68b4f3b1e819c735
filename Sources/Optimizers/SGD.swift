internal import Kernels
package import Tensors

/// Stochastic gradient descent with momentum and L2 decay, as PyTorch's `SGD` without dampening.
package struct SGD: Optimizer, Hashable {
    /// The share of the velocity that is kept.
    package let momentum: Double
    /// The decay that is added to the gradient.
    package let weightDecay: Double

    /// A rule with the given constants.
    package init(momentum: Double = 0, weightDecay: Double = 0) {
        self.momentum = momentum
        self.weightDecay = weightDecay
    }

    package func update(
        parameters: inout ParameterSet, gradients: ParameterSet, state: inout OptimizerState,
        learningRate: Double, gradientScale: Float
    ) {
        forEachUpdated(&parameters, gradients, &state, needsSecond: false) {
            block, gradient, entry in
            updateSGD(
                &block, gradient: gradient, velocity: &entry.first, rate: Float(learningRate),
                momentum: Float(momentum), decay: Float(weightDecay),
                gradientScale: gradientScale, isFirst: entry.step == 1)
        }
    }
}
