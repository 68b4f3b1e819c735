package import Optimizers
package import Tasks
package import Tensors

/// The parameters of one model and all that their training carries from step to step.
package struct TrainableModel: Sendable {
    /// The model's name within the run.
    package let id: ModelID
    /// The weights.
    package private(set) var parameters: ParameterSet
    /// A number per operator that changes whenever its weights do.
    package private(set) var versions: [OperatorID: UInt64]
    /// Moments and step counters, per operator.
    package private(set) var optimizerState: OptimizerState
    /// Running batch-norm statistics; empty in the search, which keeps none.
    package var statistics = ParameterSet()

    /// A fresh model, a function of the seed and its name.
    package init(id: ModelID, operators: [OperatorLayout], seed: UInt64) {
        self.init(
            id: id,
            parameters: ParameterSet(initializing: operators, seed: seed, model: id.name),
            optimizerState: OptimizerState())
    }

    /// A model as it was saved.
    package init(
        id: ModelID, parameters: ParameterSet, optimizerState: OptimizerState,
        version: UInt64? = nil
    ) {
        self.id = id
        self.parameters = parameters
        self.optimizerState = optimizerState
        let start = version ?? Self.startingVersion(of: id)
        versions = parameters.blocks.mapValues { _ in start }
    }

    /// A version that no round gives and no other model starts with.
    private static func startingVersion(of id: ModelID) -> UInt64 {
        var stream = RandomStream(seed: 0, name: "version/\(id)")
        return 1 << 63 | UInt64(stream.next()) << 31 | UInt64(stream.next() >> 1)
    }

    /// Clips the gradient and updates the operators that it touches.
    ///
    /// - Parameters:
    ///   - gradients: The folded gradient of the step.
    ///   - optimizer: The rule.
    ///   - learningRate: The rate of this step.
    ///   - clip: The largest norm of the whole gradient; 0 for no limit.
    ///   - round: The number of the round that the gradient came from; the operators' new version.
    package mutating func apply(
        _ gradients: ParameterSet, optimizer: any Optimizer, learningRate: Double, clip: Double,
        round: UInt64
    ) {
        let scale: Float =
            clip > 0
            ? GradientClipping.scale(norm: GradientClipping.norm(of: gradients), limit: clip) : 1
        optimizer.update(
            parameters: &parameters, gradients: gradients, state: &optimizerState,
            learningRate: learningRate, gradientScale: scale)
        for id in gradients.blocks.keys { versions[id] = round + 1 }
    }

    /// One momentum update of the running statistics (batch norm's 0.1).
    package mutating func updateStatistics(with batch: ParameterSet, momentum: Float = 0.1) {
        for (id, block) in batch.blocks {
            guard var running = statistics.blocks.removeValue(forKey: id) else {
                preconditionFailure("no running statistics for \(id)")
            }
            for index in running.indices {
                running[index] = (1 - momentum) * running[index] + momentum * block[index]
            }
            statistics.blocks[id] = running
        }
    }
}

extension ParameterSet {
    /// Statistics before any batch: mean 0 and variance 1.
    package init(startingStatisticsOf layouts: [OperatorLayout]) {
        self.init()
        for layout in layouts where layout.statisticsCount > 0 {
            blocks[layout.id] = layout.normalizations.flatMap { normalization in
                Array(repeating: Float(0), count: normalization.channels)
                    + Array(repeating: Float(1), count: normalization.channels)
            }
        }
    }
}
