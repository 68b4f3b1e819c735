/// What happens after the search: short training of the best candidates, retraining, the test.
package struct EvaluationConfiguration: Codable, Hashable, Sendable {
    /// The epochs that results may be about; the other one is printed beside.
    package enum CheckpointChoice: String, ConfigurationChoice {
        /// The epoch with the largest validation area.
        case bestValidation = "best-validation"
        /// The last epoch.
        case last
    }

    /// Distinct architectures of the archive that are trained briefly.
    package var candidates = 10
    /// Epochs of the brief training, in its first round.
    package var candidateEpochs = 1
    /// Rounds of the brief training; each keeps the better half and trains it for twice as long.
    package var candidateRounds = 1
    /// Seeds of the brief training.
    package var candidateSeeds = 3
    /// Epochs of the retraining.
    package var epochs = 200
    /// Seeds of the retraining.
    package var seeds = 3
    /// Micro-batches per step; each is one task.
    package var microBatches = 4
    /// Samples per micro-batch.
    package var microBatchSize = 8
    /// The rule for the weights.
    package var optimizer = OptimizerConfiguration.retraining
    /// Dropout before the classifier.
    package var dropout = 0.5
    /// Label smoothing.
    package var labelSmoothing = 0.0
    /// Weighs each class by the inverse of its frequency in the training list.
    package var balanceClasses = false
    /// Epochs between two validations.
    package var validateEvery = 1
    /// Which weights the results are about: of the best epoch on the validation scans, or the last.
    package var checkpoint = CheckpointChoice.bestValidation
    /// Also trains the found network on the padding masks alone, to show what they give away.
    package var paddingControl = false
    /// Resamples of the patient bootstrap.
    package var bootstrapResamples = 2000
    /// Scans of the test list that get a class-activation-map montage.
    package var activationMaps = 4
    /// Networks that are trained beside the found one: an operation in every slot, such as `k3e3`, or
    /// a published network, such as `mc3-18`.
    package var fixedNetworks: [String] = []

    /// The defaults.
    package init() {}
}
