import FailPoints
import Foundation
import Graphs
import Journal
package import Models
package import RunConfiguration
package import Runs
import SearchSpaces
import SearchStrategies
import TensorBoardEvents
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
    /// The longest time between two saved states.
    package let saveInterval: Duration
    /// The longest log behind a saved state; reading it back must not take long.
    package let saveBytes: Int

    /// A search in a prepared run directory.
    ///
    /// - Throws: `ConfigurationError` when the space makes no sense.
    package init(
        configuration: RunConfiguration, directory: RunDirectory, weightScans: [Int],
        alphaScans: [Int], labels: [Int], traces: Bool = false,
        saveInterval: Duration = .seconds(300), saveBytes: Int = 512 << 20
    ) throws {
        self.configuration = configuration
        self.directory = directory
        self.labels = labels
        self.traces = traces
        self.saveInterval = saveInterval
        self.saveBytes = saveBytes
        program = try SearchProgram(
            configuration: configuration, weightScans: weightScans, alphaScans: alphaScans)
        supernet = CovidNet3DSupernet(space: program.space, classes: configuration.classCount)
    }

    /// The state that the search starts from.
    package var startingState: SearchState {
        SearchState(
            space: program.space, operators: supernet.operators,
            alphaDeviation: configuration.search.alphaDeviation, seed: configuration.seed,
            digest: configuration.digest)
    }

    /// Searches to the end, from where the run's files say that it was.
    ///
    /// - Parameters:
    ///   - executor: Who computes.
    ///   - stop: Checked between steps.
    ///   - checkpoint: Set by whoever wants the state saved after a step.
    ///   - report: Told of every step.
    ///   - remark: Told of damage that was passed over, and of a disk that cannot be written to.
    /// - Returns: The final state.
    /// - Throws: ``StoppedOnRequest`` after saving, or what stops the run.
    package func run(
        on executor: some RoundExecutor, stop: StopFlag, checkpoint: StopFlag = StopFlag(),
        report: @escaping @Sendable (StageProgress) -> Void,
        remark: @escaping @Sendable (String) -> Void
    ) async throws -> SearchState {
        let archive = try CandidateArchive(path: directory.archivePath)
        let recovered = try SearchRecovery(stage: self, report: remark).state(archive)
        var state = recovered.0
        let log = try SearchLog(
            of: directory, round: state.round, step: state.step, missing: recovered.missing,
            traces: traces, report: remark)
        let known = Dictionary(
            directory.loggedRoots.map { ($0.round, $0.root) },
            uniquingKeysWith: { first, _ in first })
        let meter = ProgressMeter(
            stage: "search", unit: "steps", first: state.step, total: program.stepCount,
            report: report)
        meter.update(state.step, root: state.root)
        let events = TensorBoardLog(
            folder: directory.tensorBoardPath + "/search", firstStep: state.step)
        var candidatesRemark = ""
        do {
            while state.step < program.stepCount || openEpoch(state) != nil {
                if stop.isSet {
                    save(state, loss: nil, to: log)
                    try await log.close { stop.isSet }
                    throw StoppedOnRequest(
                        "stopped after step \(state.step) of \(program.stepCount); everything is in "
                            + "\(directory.path), go on with --resume")
                }
                let before = (step: state.step, round: state.round)
                var loss: Double?
                let record: SearchRecord
                var trace: StepTrace?
                if let epoch = openEpoch(state) {
                    FailPoint.beforeRecording.pass()
                    let candidates = try await self.candidates(of: epoch, state, on: executor)
                    try await writing(remark, unless: stop) {
                        try close(epoch, with: candidates, &state, archive)
                    }
                    FailPoint.archiveWritten.pass()
                    events.append(SearchScalars.of(candidates), step: state.step)
                    record = .candidates(epoch: epoch, candidates)
                    candidatesRemark = candidates.map {
                        "\($0.kind.rawValue) D_V loss \(String(format: "%.3f", $0.loss))"
                    }.joined(separator: ", ")
                } else {
                    let (update, sampled) = try await program.update(of: state, on: executor)
                    FailPoint.beforeApplying.pass()
                    program.apply(update, to: &state)
                    FailPoint.afterApplying.pass()
                    events.append(SearchScalars.of(sampled, alpha: state.alpha), step: state.step)
                    record = .step(update)
                    trace = sampled
                    loss = update.loss
                }
                try await log.append(
                    entry(record, trace, before: before, state, known), shouldStop: { stop.isSet })
                let text = loss.map { String(format: "loss %.3f", $0) } ?? ""
                meter.update(
                    state.step,
                    remark: [log.complaint ?? "", text, candidatesRemark]
                        .filter { !$0.isEmpty }.joined(separator: "; "), root: state.root)
                let isAsked = checkpoint.take()
                if isAsked || log.wantsCheckpoint(after: saveInterval, bytes: saveBytes) {
                    save(state, loss: loss, to: log)
                }
            }
            save(state, loss: nil, to: log)
            try await log.close { stop.isSet }
        } catch let error where !(error is StoppedOnRequest) {
            // What was computed stays; what cannot be written is computed again.
            try? await log.close { true }
            throw error
        }
        return state
    }

    /// The log's entry for what led to a state; throws when it once led elsewhere.
    private func entry(
        _ record: SearchRecord, _ trace: StepTrace?, before: (step: Int, round: UInt64),
        _ state: SearchState, _ known: [UInt64: String]
    ) throws -> SearchLog.Entry {
        let root = state.root.description
        if let logged = known[state.round], logged != root {
            throw RunError.otherRoot(
                path: directory.rootsPath, step: state.step, found: root, logged: logged)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        var kind = "candidates"
        var poison: [UInt8] = []
        if case .step(let update) = record {
            kind = "step"
            for task in update.poison {
                poison += Array(try encoder.encode(PoisonLine(step: update.step, task: task)))
                poison += Array("\n".utf8)
            }
        }
        let line = LoggedRoot(kind: kind, step: state.step, round: state.round, root: root)
        return SearchLog.Entry(
            frame: { record.frame(before: before, root: root) },
            rootLine: known[state.round] == nil ? line.line : [],
            traceLine: try trace.map { Array(try encoder.encode($0)) + Array("\n".utf8) } ?? [],
            poisonLines: poison)
    }

    private struct PoisonLine: Encodable {
        let step: Int
        let task: StepUpdate.PoisonTask
    }

    private func save(_ state: SearchState, loss: Double?, to log: SearchLog) {
        let isHealthy =
            state.supernet.parameters.isFinite && (loss ?? 0).isFinite && abs(loss ?? 0) < 100
        log.save(
            state.checkpoint(digest: configuration.digest),
            CheckpointManifest(
                configuration: configuration.digest, step: state.step, round: state.round,
                root: state.root.description, loss: loss, isHealthy: isHealthy))
    }

    /// Repeats what the database cannot write for want of room.
    private func writing(
        _ remark: (String) -> Void, unless stop: StopFlag, _ work: () throws -> Void
    ) async throws {
        var isPaused = false
        while true {
            do {
                try work()
                if isPaused { remark("writing works again; the search goes on") }
                return
            } catch let error where CandidateArchive.mayPass(error) && !stop.isSet {
                if !isPaused {
                    remark(
                        "\(directory.archivePath): \(error); the search pauses until this file can "
                            + "be written")
                }
                isPaused = true
                try await Task.sleep(for: .milliseconds(250))
            }
        }
    }

    // MARK: Epochs

    /// The epoch that has ended and whose candidates are to be scored now, if any.
    func openEpoch(_ state: SearchState) -> Int? {
        let epochs = state.step / program.stepsPerEpoch
        guard state.step % program.stepsPerEpoch == 0, epochs > state.closedEpochs,
            epochs % configuration.search.recordEvery == 0 || state.step == program.stepCount
        else { return nil }
        return epochs - 1
    }

    /// Writes an epoch's candidates and alpha, and closes the epoch.
    func close(
        _ epoch: Int, with candidates: [Candidate], _ state: inout SearchState,
        _ archive: CandidateArchive?
    ) throws {
        let alpha = (0..<state.alpha.slots).flatMap { slot in
            state.alpha.row(slot).enumerated().map {
                AlphaRecord(
                    epoch: epoch, slot: slot, operation: $0.offset, logit: Double($0.element))
            }
        }
        try archive?.record(candidates, alpha: alpha)
        state.closeEpoch(
            epoch, scoring: candidates.count, rows: SearchRecord.canonical(candidates))
    }

    /// Scores the candidates of an epoch; the state is as before.
    func candidates(
        of epoch: Int, _ state: SearchState, on executor: some RoundExecutor
    ) async throws -> [Candidate] {
        var scratch = state
        return try await record(epoch, &scratch, executor)
    }

    /// Scores the most probable path and a sampled one.
    private func record(
        _ epoch: Int, _ state: inout SearchState, _ executor: some RoundExecutor
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
        return candidates
    }
}
