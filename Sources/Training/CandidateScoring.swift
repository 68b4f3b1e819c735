import RunConfiguration
package import SearchSpaces
package import Tasks
package import Tensors

/// Scores an architecture with the supernet's weights: batch norm is recalibrated on D_T, then the
/// network predicts D_V.
///
/// - SeeAlso: Guo et al., *Single path one-shot neural architecture search*, 2020, section 3.4.
package struct CandidateScoring: Sendable {
    private let program: SearchProgram

    /// Scoring within a search.
    package init(program: SearchProgram) {
        self.program = program
    }

    /// Predicts every D_V scan.
    ///
    /// - Parameters:
    ///   - architecture: The network.
    ///   - state: The search; its round counter advances by two.
    ///   - epoch: Keys the choice of calibration scans.
    ///   - executor: Who computes.
    /// - Returns: Logits `[scans, classes]`, in the order of the program's `alphaScans`.
    /// - Throws: What the executor throws.
    package func logits(
        of architecture: Architecture, state: inout SearchState, epoch: Int,
        on executor: some RoundExecutor
    ) async throws -> [Float] {
        let settings = program.configuration.search
        let size = settings.microBatchSize
        let stream = SampleStream(
            name: "calibration/\(epoch)", seed: program.configuration.seed,
            members: program.weightScans)
        let calibration = (0..<settings.calibrationBatches).map { index in
            TaskDescription(
                key: TaskKey(round: state.round, index: index), kind: .statistics,
                model: .supernet, network: .fixed(architecture),
                batch: stream.batch(
                    volumes: VolumeRole.search.rawValue, from: index * size, count: size,
                    augmented: false),
                objective: .init(), exchange: settings.exchange)
        }
        let statistics = try await executor.outcome(
            of: Round(
                number: state.round, tasks: calibration, parameters: state.supernet.parameters,
                versions: state.supernet.versions)
        ).statistics
        let round = Round(
            predicting: program.alphaScans, volumes: .search, by: architecture,
            model: state.supernet, statistics: statistics, batchSize: size,
            number: state.round + 1, exchange: settings.exchange)
        let outcome = try await executor.outcome(of: round)
        state.round += 2
        return outcome.results.flatMap(\.logits)
    }
}

extension Round {
    /// Tasks that predict scans in order, with given batch-norm statistics.
    package init(
        predicting scans: [Int], volumes: VolumeRole, by architecture: Architecture,
        model: TrainableModel, statistics: ParameterSet, batchSize: Int, number: UInt64,
        exchange: ExchangeFormat = .float32
    ) {
        let tasks = stride(from: 0, to: scans.count, by: batchSize).enumerated().map {
            TaskDescription(
                key: TaskKey(round: number, index: $0.offset), kind: .predictions,
                model: model.id, network: .fixed(architecture),
                batch: .init(
                    volumes: volumes.rawValue,
                    scans: Array(scans[$0.element..<min($0.element + batchSize, scans.count)]),
                    epoch: 0, augmented: false),
                objective: .init(), exchange: exchange)
        }
        self.init(
            number: number, tasks: tasks, parameters: model.parameters, versions: model.versions,
            statistics: statistics)
    }
}
