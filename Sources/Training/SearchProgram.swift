import FailPoints
import Optimizers
package import RunConfiguration
package import SearchSpaces
package import SearchStrategies
package import Tasks
import Tensors

/// The search as a sequence of rounds: a function of configuration, seed and data alone.
///
/// - SeeAlso: CovidNet3D, *Search strategy*; `Docs/Method.md`, *One step, exactly*.
package struct SearchProgram: Sendable {
    /// The phases of a step, as counters of the random streams.
    package enum Phase: UInt32, Sendable {
        /// Alpha's gradient on D_V.
        case alpha = 0
        /// The weights' gradient on D_T.
        case weights = 1
        /// A path sampled to be scored.
        case recording = 2
    }

    /// The run's settings.
    package let configuration: RunConfiguration
    /// The space.
    package let space: SearchSpace
    /// Scans of D_T, which train the weights.
    package let weightScans: [Int]
    /// Scans of D_V, which train alpha and rank candidates.
    package let alphaScans: [Int]

    private let weightStream: SampleStream
    private let alphaStream: SampleStream
    private let weightOptimizer: any Optimizer
    private let alphaOptimizer: any Optimizer

    /// A search over the two halves of the training list.
    ///
    /// - Throws: `ConfigurationError` when the space makes no sense.
    package init(
        configuration: RunConfiguration, weightScans: [Int], alphaScans: [Int]
    ) throws(ConfigurationError) {
        self.configuration = configuration
        space = try configuration.space.searchSpace()
        self.weightScans = weightScans
        self.alphaScans = alphaScans
        weightStream = SampleStream(
            name: "weights", seed: configuration.seed, members: weightScans)
        alphaStream = SampleStream(name: "alpha", seed: configuration.seed, members: alphaScans)
        weightOptimizer = configuration.search.weightOptimizer.rule
        alphaOptimizer = configuration.search.alphaOptimizer.rule
    }

    /// Steps per epoch: what the smaller half fills, the last batch from the next order.
    package var stepsPerEpoch: Int {
        let samples = min(weightScans.count, alphaScans.count)
        let perStep = configuration.search.samplesPerStep
        return (samples + perStep - 1) / perStep
    }

    /// Steps of the whole search.
    package var stepCount: Int { stepsPerEpoch * configuration.search.epochs }

    /// Rounds of a step: one where alpha stays as it is, else two.
    package var roundsPerStep: Int { configuration.search.preset == .uniform ? 1 : 2 }

    /// Whether candidates are recorded after so many steps.
    package func isRecorded(_ step: Int) -> Bool {
        step > 0 && step % stepsPerEpoch == 0
            && ((step / stepsPerEpoch) % configuration.search.recordEvery == 0 || step == stepCount)
    }

    /// Has the rounds of a step computed.
    ///
    /// - Returns: What the step changes, and what it sampled.
    /// - Throws: What the executor throws, and ``PoisonLimit``.
    package func update(
        of state: SearchState, on executor: some RoundExecutor
    ) async throws -> (update: StepUpdate, trace: StepTrace) {
        var next = state
        var update = StepUpdate(step: state.step, round: state.round)
        var trace = StepTrace(step: state.step, temperature: temperature(at: state.step))
        if configuration.search.preset != .uniform {
            let paths = sampledPaths(of: next, phase: .alpha)
            let round = self.round(of: next, kind: .slotProducts, phase: .alpha)
            let outcome = try await executor.outcome(of: round, toleratingFaults: true)
            try note(outcome.faults, of: round, outcome, in: &update)
            let gradient = alphaGradient(paths: paths, outcome: outcome, state: next)
                .map(Float.init)
            trace.alphaPhase = .init(paths: paths, results: outcome.results, loss: outcome.loss)
            update.alphaGradient = gradient
            update.alphaLoss = outcome.loss
            updateAlpha(&next, gradient: gradient)
            next.round += 1
            FailPoint.alphaUpdated.pass()
        }
        let round = self.round(of: next, kind: .weightGradient, phase: .weights)
        let outcome = try await executor.outcome(of: round, toleratingFaults: true)
        try note(outcome.faults, of: round, outcome, in: &update)
        trace.weightPhase = .init(
            paths: sampledPaths(of: next, phase: .weights), results: outcome.results,
            loss: outcome.loss)
        trace.alphaAfter = next.alpha.logits
        update.gradients = outcome.gradients
        update.loss = outcome.loss
        let poisoned = state.poisonedTasks + update.poison.count
        let perEpoch = stepsPerEpoch * round.tasks.count * roundsPerStep
        guard update.poison.isEmpty || poisoned <= max(1, perEpoch / 50) else {
            throw PoisonLimit.ofEpoch(poisoned, of: perEpoch)
        }
        return (update, trace)
    }

    /// Changes the state as a step does: a function of both alone, whether the step was computed
    /// just now or read from a log.
    ///
    /// - Precondition: The update belongs to the state's step.
    package func apply(_ update: StepUpdate, to state: inout SearchState) {
        precondition(
            update.step == state.step && update.round == state.round, "an update of another step")
        if let gradient = update.alphaGradient {
            updateAlpha(&state, gradient: gradient)
            state.round += 1
        }
        state.supernet.apply(
            update.gradients, optimizer: weightOptimizer,
            learningRate: learningRate(configuration.search.weightOptimizer, at: state.step),
            clip: configuration.search.weightOptimizer.gradientClip, round: state.round)
        state.round += 1
        state.step += 1
        state.poisonedTasks =
            state.step % stepsPerEpoch == 0
            ? 0 : state.poisonedTasks + update.poison.count
        state.root = state.root.after(update, state)
    }

    private func note(
        _ faults: [Int: String], of round: Round, _ outcome: RoundOutcome,
        in update: inout StepUpdate
    ) throws(PoisonLimit) {
        for (index, reason) in faults.sorted(by: { $0.key < $1.key }) {
            update.poison.append(
                StepUpdate.PoisonTask(
                    round: round.number, index: index, scans: round.tasks[index].batch.scans,
                    architecture: outcome.results[index].architecture.code, reason: reason))
        }
        guard 4 * faults.count <= round.tasks.count else {
            let scans = faults.keys.sorted().flatMap { round.tasks[$0].batch.scans }
            throw PoisonLimit.ofStep(
                faults.count, of: round.tasks.count, step: update.step,
                "\(faults.sorted { $0.key < $1.key }.first?.value ?? ""); scans "
                    + scans.map(String.init).joined(separator: " "))
        }
    }

    /// The paths of a step's phase, with the noise that chose them.
    package func sampledPaths(of state: SearchState, phase: Phase) -> [SampledPath] {
        (0..<configuration.search.paths).map { path in
            SampledPath(
                from: state.alpha, seed: configuration.seed, step: UInt32(state.step),
                phase: phase.rawValue, path: UInt32(path))
        }
    }

    /// The temperature at a step.
    package func temperature(at step: Int) -> Double {
        let settings = configuration.search
        let schedule: TemperatureSchedule =
            switch settings.temperatureSchedule {
            case .constant: .constant(settings.temperature)
            case .linear: .linear(from: settings.temperature, to: settings.finalTemperature)
            case .exponential:
                .exponential(from: settings.temperature, to: settings.finalTemperature)
            }
        return schedule.temperature(atStep: step, of: stepCount)
    }

    private func round(
        of state: SearchState, kind: TaskDescription.Kind, phase: Phase
    ) -> Round {
        let settings = configuration.search
        let stream = phase == .alpha ? alphaStream : weightStream
        let objective = TaskDescription.Objective(
            dropout: Float(settings.dropout), labelSmoothing: Float(settings.labelSmoothing))
        let tasks = (0..<(settings.paths * settings.microBatches)).map { index in
            TaskDescription(
                key: TaskKey(round: state.round, index: index), kind: kind, model: .supernet,
                network: .sampled(
                    step: UInt32(state.step), phase: phase.rawValue,
                    path: UInt32(index / settings.microBatches)),
                batch: stream.batch(
                    volumes: VolumeRole.search.rawValue,
                    from: state.step * settings.samplesPerStep + index * settings.microBatchSize,
                    count: settings.microBatchSize, augmented: true),
                objective: objective, exchange: settings.exchange)
        }
        return Round(
            number: state.round, tasks: tasks, parameters: state.supernet.parameters,
            versions: state.supernet.versions, alpha: state.alpha.logits)
    }

    private func alphaGradient(
        paths: [SampledPath], outcome: RoundOutcome, state: SearchState
    ) -> [Double] {
        let estimator = StraightThroughEstimator(temperature: temperature(at: state.step))
        let samples = outcome.results.reduce(0) { $0 + $1.sampleCount }
        var sum = [Double](repeating: 0, count: state.alpha.logits.count)
        for result in outcome.results where outcome.faults[result.key.index] == nil {
            let path = paths[result.key.index / configuration.search.microBatches]
            let gradient = estimator.gradient(
                alpha: state.alpha, path: path, slotProducts: result.slotProducts.map(Double.init))
            let share = Double(result.sampleCount) / Double(samples)
            for index in sum.indices { sum[index] += share * gradient[index] }
        }
        return sum
    }

    private func updateAlpha(_ state: inout SearchState, gradient: [Float]) {
        let id = SearchState.alphaOperator
        var parameters = ParameterSet([id: state.alpha.logits])
        alphaOptimizer.update(
            parameters: &parameters, gradients: ParameterSet([id: gradient]),
            state: &state.alphaState,
            learningRate: learningRate(configuration.search.alphaOptimizer, at: state.step))
        if let logits = parameters[id] { state.alpha.logits = logits }
    }

    private func learningRate(_ rule: OptimizerConfiguration, at step: Int) -> Double {
        rule.rates(over: configuration.search.epochs).rate(at: step / max(stepsPerEpoch, 1))
    }
}
