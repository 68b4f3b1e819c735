import Optimizers
package import RunConfiguration
package import SearchSpaces
package import Tasks
package import Tensors

/// Trains one network from scratch in rounds, validating as it goes.
///
/// - SeeAlso: CovidNet3D, *Implementation details*; `Docs/Method.md` for where the released code
///   differs (it chose the epoch on the test list).
package struct NetworkTrainer: Sendable {
    /// What is trained on what.
    package struct Plan: Sendable {
        /// The model's name, unique within the run; it keys initial weights and dropout.
        package let id: ModelID
        /// The network.
        package let architecture: Architecture
        /// The operators of the network.
        package let operators: [OperatorLayout]
        /// The prepared volumes.
        package let volumes: VolumeRole
        /// Scans that train the weights.
        package let fittingScans: [Int]
        /// Scans that choose the epoch.
        package let validationScans: [Int]
        /// Passes over the fitting scans.
        package let epochs: Int
        /// Keys initial weights and sample order.
        package let seed: UInt64

        /// A training.
        package init(
            id: ModelID, architecture: Architecture, operators: [OperatorLayout],
            volumes: VolumeRole, fittingScans: [Int], validationScans: [Int], epochs: Int,
            seed: UInt64
        ) {
            self.id = id
            self.architecture = architecture
            self.operators = operators
            self.volumes = volumes
            self.fittingScans = fittingScans
            self.validationScans = validationScans
            self.epochs = epochs
            self.seed = seed
        }
    }

    /// The run's settings for training.
    package let settings: EvaluationConfiguration
    /// The class of every scan of the volumes.
    package let labels: [Int]
    /// The number of classes.
    package let classCount: Int
    /// The class whose area chooses the epoch.
    package let positiveClass: Int

    /// A trainer for scans with the given labels.
    package init(
        settings: EvaluationConfiguration, labels: [Int], classCount: Int, positiveClass: Int
    ) {
        self.settings = settings
        self.labels = labels
        self.classCount = classCount
        self.positiveClass = positiveClass
    }

    /// Trains a network, from its start or from a state between two steps.
    ///
    /// - Parameters:
    ///   - plan: What is trained on what.
    ///   - saved: Where an earlier process stopped in the same plan.
    ///   - round: The run's round counter; advances.
    ///   - executor: Who computes.
    ///   - progress: Told of every epoch.
    ///   - pause: Given the state after every step but the last; what it throws ends the training.
    /// - Returns: The weights of the last and of the best epoch, and the learning curve.
    /// - Throws: What the executor and `pause` throw, or `CancellationError` between steps.
    package func train(
        _ plan: Plan, from saved: TrainingState? = nil, round: inout UInt64,
        on executor: some RoundExecutor, progress: (TrainedNetwork.Epoch) async -> Void,
        pause: (TrainingState) async throws -> Void = { _ in }
    ) async throws -> TrainedNetwork {
        var state = saved ?? TrainingState(plan, round: round)
        let perStep = settings.microBatches * settings.microBatchSize
        let steps = max((plan.fittingScans.count + perStep - 1) / perStep, 1)
        while state.step < plan.epochs * steps {
            try Task.checkCancellation()
            try await advance(&state, plan, stepsPerEpoch: steps, on: executor)
            if state.step % steps == 0 {
                let epoch = state.step / steps
                if epoch % settings.validateEvery == 0 || epoch == plan.epochs {
                    await progress(try await validate(&state, plan, epoch: epoch, on: executor))
                }
                state.loss = 0
            }
            round = state.round
            if state.step < plan.epochs * steps { try await pause(state) }
        }
        guard let last = state.last, let best = state.best else {
            preconditionFailure("a training has one epoch or more")
        }
        return TrainedNetwork(
            architecture: plan.architecture, last: last, best: best, history: state.history)
    }

    /// One step of the optimiser.
    private func advance(
        _ state: inout TrainingState, _ plan: Plan, stepsPerEpoch: Int,
        on executor: some RoundExecutor
    ) async throws {
        let stream = SampleStream(
            name: plan.id.name, seed: plan.seed, members: plan.fittingScans)
        let objective = TaskDescription.Objective(
            dropout: Float(settings.dropout), labelSmoothing: Float(settings.labelSmoothing),
            classWeights: classWeights(of: plan.fittingScans))
        let start = state.step * settings.microBatches * settings.microBatchSize
        let tasks = (0..<settings.microBatches).map { index in
            TaskDescription(
                key: TaskKey(round: state.round, index: index), kind: .weightGradient,
                model: plan.id, network: .fixed(plan.architecture),
                batch: stream.batch(
                    volumes: plan.volumes.rawValue, from: start + index * settings.microBatchSize,
                    count: settings.microBatchSize, augmented: true),
                objective: objective)
        }
        let outcome = try await executor.outcome(
            of: Round(
                number: state.round, tasks: tasks, parameters: state.model.parameters,
                versions: state.model.versions))
        state.model.updateStatistics(with: outcome.statistics)
        state.model.apply(
            outcome.gradients, optimizer: settings.optimizer.rule,
            learningRate: settings.optimizer.rates(over: plan.epochs)
                .rate(at: state.step / stepsPerEpoch),
            clip: settings.optimizer.gradientClip, round: state.round)
        state.round += 1
        state.step += 1
        state.loss += outcome.loss / Double(stepsPerEpoch)
    }

    /// Predicts the validation scans, and keeps the weights where they are the best so far.
    private func validate(
        _ state: inout TrainingState, _ plan: Plan, epoch: Int, on executor: some RoundExecutor
    ) async throws -> TrainedNetwork.Epoch {
        let logits = try await predict(
            plan.validationScans, volumes: plan.volumes, architecture: plan.architecture,
            model: state.model, round: &state.round, on: executor)
        let weights = TrainedWeights(
            epoch: epoch, parameters: state.model.parameters, statistics: state.model.statistics,
            validationLogits: logits)
        let scores = ScanScores(
            logits: logits, labels: plan.validationScans.map { labels[$0] },
            classCount: classCount, positiveClass: positiveClass)
        let line = TrainedNetwork.Epoch(
            epoch: epoch, trainingLoss: state.loss, validationLoss: scores.loss,
            validationArea: scores.area)
        if state.history.allSatisfy({ Self.isBetter(line, than: $0) }) { state.best = weights }
        state.history.append(line)
        state.last = weights
        return line
    }

    /// Logits of some scans, `[scans, classes]`, with a model's running statistics.
    ///
    /// - Throws: What the executor throws.
    package func predict(
        _ scans: [Int], volumes: VolumeRole, architecture: Architecture, model: TrainableModel,
        round: inout UInt64, on executor: some RoundExecutor
    ) async throws -> [Float] {
        let prediction = Round(
            predicting: scans, volumes: volumes, by: architecture, model: model,
            statistics: model.statistics, batchSize: settings.microBatchSize, number: round)
        round += 1
        return try await executor.outcome(of: prediction).results.flatMap(\.logits)
    }

    private func classWeights(of scans: [Int]) -> [Float] {
        guard settings.balanceClasses else { return [] }
        var counts = [Int](repeating: 0, count: classCount)
        for scan in scans { counts[labels[scan]] += 1 }
        return counts.map { Float(scans.count) / Float(classCount * max($0, 1)) }
    }

    private static func isBetter(
        _ line: TrainedNetwork.Epoch, than other: TrainedNetwork.Epoch
    ) -> Bool {
        let (own, others) = (line.validationArea ?? 0, other.validationArea ?? 0)
        return own > others || (own == others && line.validationLoss < other.validationLoss)
    }
}
