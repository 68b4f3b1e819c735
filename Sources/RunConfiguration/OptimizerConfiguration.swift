/// A rule for updating parameters, and its learning rate.
package struct OptimizerConfiguration: Codable, Hashable, Sendable {
    /// The rules.
    package enum Method: String, ConfigurationChoice {
        /// Stochastic gradient descent with momentum.
        case sgd
        /// Adam with weight decay added to the gradient.
        case adam
        /// Adam with decoupled weight decay.
        case adamW = "adamw"
    }

    /// How the rate changes over the epochs.
    package enum Schedule: String, ConfigurationChoice {
        /// The same throughout.
        case constant
        /// Half a cosine from `learningRate` to `finalLearningRate`.
        case cosine
    }

    /// The rule.
    package var method = Method.adam
    /// The rate at the start.
    package var learningRate = 1e-3
    /// The rate at the end of a cosine.
    package var finalLearningRate = 1e-5
    /// How the rate changes.
    package var schedule = Schedule.constant
    /// Momentum of SGD.
    package var momentum = 0.9
    /// Decay of the first and second moments of Adam.
    package var betas = [0.9, 0.999]
    /// Weight decay.
    package var weightDecay = 5e-4
    /// The largest norm of the whole gradient; 0 for no limit.
    package var gradientClip = 0.0

    /// The defaults.
    package init() {}

    /// Adam of the paper's search: rate 1e-3, decay 5e-4, norm at most 5.
    package static let searchWeights: OptimizerConfiguration = {
        var settings = OptimizerConfiguration()
        settings.gradientClip = 5
        return settings
    }()

    /// Adam for alpha: rate 3e-4, betas 0.5 and 0.999, decay 1e-3.
    package static let alpha: OptimizerConfiguration = {
        var settings = OptimizerConfiguration()
        settings.learningRate = 3e-4
        settings.betas = [0.5, 0.999]
        settings.weightDecay = 1e-3
        return settings
    }()

    /// Adam of the retraining: cosine from 1e-3 to 1e-5.
    package static let retraining: OptimizerConfiguration = {
        var settings = OptimizerConfiguration()
        settings.schedule = .cosine
        return settings
    }()
}
