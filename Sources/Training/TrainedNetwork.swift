package import SearchSpaces
package import Tensors

/// A network's weights and batch-norm statistics at one epoch.
package struct TrainedWeights: Hashable, Sendable {
    /// The epoch, counted from 1.
    package let epoch: Int
    /// The weights.
    package let parameters: ParameterSet
    /// The running batch-norm statistics.
    package let statistics: ParameterSet
    /// Logits of the validation scans, `[scans, classes]`, in their order.
    package let validationLogits: [Float]

    /// Weights of an epoch.
    package init(
        epoch: Int, parameters: ParameterSet, statistics: ParameterSet, validationLogits: [Float]
    ) {
        self.epoch = epoch
        self.parameters = parameters
        self.statistics = statistics
        self.validationLogits = validationLogits
    }
}

/// What training one network from scratch gave.
package struct TrainedNetwork: Hashable, Sendable {
    /// One line of the learning curve.
    package struct Epoch: Codable, Hashable, Sendable {
        /// The epoch, counted from 1.
        package let epoch: Int
        /// The mean training loss.
        package let trainingLoss: Double
        /// The mean cross-entropy of the validation scans.
        package let validationLoss: Double
        /// The area under the ROC curve of the positive class on the validation scans.
        package let validationArea: Double?
    }

    /// The network.
    package let architecture: Architecture
    /// The weights at the end.
    package let last: TrainedWeights
    /// The weights that were best on the validation scans: by area, then by loss.
    package let best: TrainedWeights
    /// The learning curve.
    package let history: [Epoch]

    /// A finished training.
    package init(
        architecture: Architecture, last: TrainedWeights, best: TrainedWeights, history: [Epoch]
    ) {
        self.architecture = architecture
        self.last = last
        self.best = best
        self.history = history
    }
}
