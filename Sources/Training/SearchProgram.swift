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

    /// Advances the search by one step: alpha on D_V, then the weights on D_T.
    ///
    /// - Returns: What was sampled and how it went, for the trace.
    /// - Throws: What the executor throws; the state is then as before.
    package func advance(
        _ state: inout SearchState, on executor: some RoundExecutor
    ) async throws -> StepTrace {
        var next = state
        var trace = StepTrace(step: state.step, temperature: temperature(at: state.step))
        if configuration.search.preset != .uniform {
            let paths = sampledPaths(of: next, phase: .alpha)
            let round = self.round(of: next, kind: .slotProducts, phase: .alpha)
            let outcome = try await executor.outcome(of: round)
            let gradient = alphaGradient(paths: paths, outcome: outcome, state: next)
            trace.alphaPhase = .init(paths: paths, results: outcome.results, loss: outcome.loss)
            updateAlpha(&next, gradient: gradient)
            next.round += 1
        }
        let round = self.round(of: next, kind: .weightGradient, phase: .weights)
        let outcome = try await executor.outcome(of: round)
        trace.weightPhase = .init(
            paths: sampledPaths(of: next, phase: .weights), results: outcome.results,
            loss: outcome.loss)
        trace.alphaAfter = next.alpha.logits
        next.supernet.apply(
            outcome.gradients, optimizer: weightOptimizer,
            learningRate: learningRate(configuration.search.weightOptimizer, at: next.step),
            clip: configuration.search.weightOptimizer.gradientClip, round: next.round)
        next.round += 1
        next.step += 1
        state = next
        return trace
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
                objective: objective)
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
        for result in outcome.results {
            let path = paths[result.key.index / configuration.search.microBatches]
            let gradient = estimator.gradient(
                alpha: state.alpha, path: path, slotProducts: result.slotProducts.map(Double.init))
            let share = Double(result.sampleCount) / Double(samples)
            for index in sum.indices { sum[index] += share * gradient[index] }
        }
        return sum
    }

    private func updateAlpha(_ state: inout SearchState, gradient: [Double]) {
        let id = SearchState.alphaOperator
        var parameters = ParameterSet([id: state.alpha.logits])
        alphaOptimizer.update(
            parameters: &parameters, gradients: ParameterSet([id: gradient.map(Float.init)]),
            state: &state.alphaState,
            learningRate: learningRate(configuration.search.alphaOptimizer, at: state.step))
        if let logits = parameters[id] { state.alpha.logits = logits }
    }

    private func learningRate(_ rule: OptimizerConfiguration, at step: Int) -> Double {
        rule.rates(over: configuration.search.epochs).rate(at: step / max(stepsPerEpoch, 1))
    }
}
