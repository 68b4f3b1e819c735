import Graphs
import Foundation
package import Models
package import RunConfiguration
package import Runs
import SearchSpaces
import SearchStrategies
package import Tasks
import Tensors
package import Training

/// Runs a search from its last saved state to its end, recording candidates as it goes.
package struct SearchStage: Sendable {
    /// The run's settings.
    package let configuration: RunConfiguration
    /// The run's folder.
    package let directory: RunDirectory
    /// The search as rounds.
    package let program: SearchProgram
    /// The shared-weight supernet.
    package let supernet: CovidNet3DSupernet
    /// The class of every scan of the training list.
    package let labels: [Int]
    /// Whether every step's paths, noise and slot products are written to the trace.
    package let traces: Bool
    /// Seconds between two saved states.
    package let saveInterval: Double

    /// A search in a prepared run directory.
    ///
    /// - Throws: `ConfigurationError` when the space makes no sense.
    package init(
        configuration: RunConfiguration, directory: RunDirectory, weightScans: [Int],
        alphaScans: [Int], labels: [Int], traces: Bool = false, saveInterval: Double = 60
    ) throws {
        self.configuration = configuration
        self.directory = directory
        self.labels = labels
        self.traces = traces
        self.saveInterval = saveInterval
        program = try SearchProgram(
            configuration: configuration, weightScans: weightScans, alphaScans: alphaScans)
        supernet = CovidNet3DSupernet(space: program.space, classes: configuration.classCount)
    }

    /// The state that the search starts or goes on from.
    ///
    /// - Throws: `RunError` or `SafetensorsError` when the saved state is damaged or foreign.
    package func initialState() throws -> SearchState {
        if FileManager.default.fileExists(atPath: directory.checkpointPath) {
            return try SearchState(
                Checkpoint(path: directory.checkpointPath), digest: configuration.digest,
                path: directory.checkpointPath)
        }
        return SearchState(
            space: program.space, operators: supernet.operators,
            alphaDeviation: configuration.search.alphaDeviation, seed: configuration.seed)
    }

    /// Searches to the end.
    ///
    /// - Parameters:
    ///   - executor: Who computes.
    ///   - stop: Checked between steps.
    ///   - checkpoint: Set by whoever wants the state saved after a step.
    ///   - report: Told of every step.
    /// - Returns: The final state.
    /// - Throws: ``StoppedOnRequest`` after saving, or what stops the run.
    package func run(
        on executor: some RoundExecutor, stop: StopFlag, checkpoint: StopFlag = StopFlag(),
        report: @escaping @Sendable (StageProgress) -> Void
    ) async throws -> SearchState {
        var state = try initialState()
        let archive = try CandidateArchive(path: directory.archivePath)
        let perEpoch = program.stepsPerEpoch
        try archive.removeEpochs(from: state.step / perEpoch)
        let trace =
            traces ? try TraceWriter(path: directory.tracePath, keepingSteps: state.step) : nil
        let meter = ProgressMeter(
            stage: "search", unit: "steps", first: state.step, total: program.stepCount,
            report: report)
        meter.update(state.step)
        var saved = ContinuousClock.now
        var remark = ""
        while state.step < program.stepCount {
            if stop.isSet {
                try save(state)
                throw StoppedOnRequest(
                    "stopped after step \(state.step) of \(program.stepCount); everything is in "
                        + "\(directory.path), go on with --resume")
            }
            if checkpoint.take() {
                try save(state)
                saved = .now
            }
            let step = try await program.advance(&state, on: executor)
            try trace?.append(step)
            if state.step % perEpoch == 0 {
                let epoch = state.step / perEpoch - 1
                if (epoch + 1) % configuration.search.recordEvery == 0
                    || state.step == program.stepCount
                {
                    let candidates = try await record(epoch, &state, archive, executor)
                    remark = candidates.map {
                        "\($0.kind.rawValue) D_V loss \(String(format: "%.3f", $0.loss))"
                    }.joined(separator: ", ")
                }
                let elapsed = ContinuousClock.now - saved
                if elapsed > .seconds(saveInterval) || state.step == program.stepCount {
                    try save(state)
                    saved = .now
                }
            }
            let loss = step.weightPhase.map { String(format: "loss %.3f", $0.loss) } ?? ""
            meter.update(
                state.step, remark: [loss, remark].filter { !$0.isEmpty }.joined(separator: "; "))
        }
        return state
    }

    private func save(_ state: SearchState) throws {
        try state.checkpoint(digest: configuration.digest).write(to: directory.checkpointPath)
    }

    /// Scores the most probable path and a sampled one, and writes both with alpha.
    private func record(
        _ epoch: Int, _ state: inout SearchState, _ archive: CandidateArchive,
        _ executor: some RoundExecutor
    ) async throws -> [Candidate] {
        let sampled = SampledPath(
            from: state.alpha, seed: configuration.seed, step: UInt32(epoch),
            phase: SearchProgram.Phase.recording.rawValue, path: 0)
        let scoring = CandidateScoring(program: program)
        var candidates: [Candidate] = []
        for (kind, architecture) in [
            (Candidate.Kind.argmax, state.alpha.mostProbable), (.sampled, sampled.architecture),
        ] {
            let logits = try await scoring.logits(
                of: architecture, state: &state, epoch: epoch, on: executor)
            let scores = ScanScores(
                logits: logits, labels: program.alphaScans.map { labels[$0] },
                classCount: configuration.classCount, positiveClass: configuration.positiveClass)
            let cost = supernet.graph(of: architecture, input: configuration.input.size).cost
            candidates.append(
                Candidate(
                    epoch: epoch, kind: kind, code: architecture.code, loss: scores.loss,
                    accuracy: scores.accuracy, auc: scores.area, parameters: cost.parameters,
                    megabytes: cost.megabytes, multiplyAdds: cost.multiplyAdds,
                    entropy: state.alpha.meanEntropy))
        }
        let alpha = (0..<state.alpha.slots).flatMap { slot in
            state.alpha.row(slot).enumerated().map {
                AlphaRecord(
                    epoch: epoch, slot: slot, operation: $0.offset, logit: Double($0.element))
            }
        }
        try archive.record(candidates, alpha: alpha)
        return candidates
    }
}
