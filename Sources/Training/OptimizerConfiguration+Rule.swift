package import Optimizers
package import RunConfiguration

/// The run file's settings as rules.
extension OptimizerConfiguration {
    /// The rule for updating parameters.
    package var rule: any Optimizer {
        switch method {
        case .sgd:
            SGD(momentum: momentum, weightDecay: weightDecay)
        case .adam:
            Adam(
                beta1: betas[0], beta2: betas[1], weightDecay: weightDecay, decay: .coupled)
        case .adamW:
            Adam(beta1: betas[0], beta2: betas[1], weightDecay: weightDecay, decay: .decoupled)
        }
    }

    /// The learning rate over a number of epochs.
    package func rates(over epochs: Int) -> LearningRateSchedule {
        switch schedule {
        case .constant: .constant(learningRate)
        case .cosine: .cosine(start: learningRate, end: finalLearningRate, period: epochs)
        }
    }
}
