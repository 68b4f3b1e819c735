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
    /// When states are saved.
    package let savePace: SavePace

    /// A search in a prepared run directory.
    ///
    /// - Throws: `ConfigurationError` when the space makes no sense.
    package init(
        configuration: RunConfiguration, directory: RunDirectory, weightScans: [Int],
        alphaScans: [Int], labels: [Int], traces: Bool = false,
        savePace: SavePace = SavePace()
    ) throws {
        self.configuration = configuration
        self.directory = directory
        self.labels = labels
        self.traces = traces
        self.savePace = savePace
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
        let began = ContinuousClock.now
        let recovered = try SearchRecovery(stage: self, report: remark).schedule(archive)
        let start = recovered.0.current
        let log = try SearchLog(
            of: directory, round: start.round, step: start.step, missing: recovered.missing,
            replayed: .now - began, traces: traces, report: remark)
        let known = Dictionary(
            directory.loggedRoots.map { ($0.round, $0.root) },
            uniquingKeysWith: { first, _ in first })
        var book = SearchBook(
            stage: self, log: log, known: known,
            events: TensorBoardLog(
                folder: directory.tensorBoardPath + "/search", firstStep: start.step + 1),
            meter: ProgressMeter(
                stage: "search", unit: "steps", first: start.step, total: program.stepCount,
                report: report))
        book.meter.update(start.step, root: start.root)
        if let caution = configuration.search.caution { remark(caution) }
        do {
            let last = try await steps(
                from: recovered.0, on: executor, archive: archive, book: &book, stop: stop,
                checkpoint: checkpoint, remark: remark)
            book.save(last)
            try await log.close { stop.isSet }
            return last.current
        } catch let error where !(error is StoppedOnRequest) {
            // What was computed stays; what cannot be written is computed again.
            try? await log.close { true }
            throw error
        }
    }

    /// Every step and recording that is left.
    private func steps(
        from start: StepSchedule, on executor: some RoundExecutor, archive: CandidateArchive,
        book: inout SearchBook, stop: StopFlag, checkpoint: StopFlag,
        remark: @escaping @Sendable (String) -> Void
    ) async throws -> StepSchedule {
        try await withThrowingTaskGroup(of: StepSchedule.Finding.self) { group in
            var schedule = start
            while true {
                let state = schedule.current
                if stop.isSet {
                    book.save(schedule)
                    try await book.log.close { stop.isSet }
                    throw StoppedOnRequest(
                        "stopped after step \(state.step) of \(program.stepCount); everything is in "
                            + "\(directory.path), go on with --resume")
                }
                if let epoch = openEpoch(state) {
                    FailPoint.beforeRecording.pass()
                    let candidates = try await self.candidates(of: epoch, state, on: executor)
                    var next = state
                    try await writing(remark, unless: stop) {
                        try close(epoch, with: candidates, &next, archive)
                    }
                    FailPoint.archiveWritten.pass()
                    schedule.goOn(from: next)
                    try await book.note(candidates, of: epoch, before: state, after: next, stop)
                } else if state.step == program.stepCount {
                    return schedule
                } else {
                    while let view = schedule.begin() {
                        group.addTask {
                            let (update, trace) = try await program.update(of: view, on: executor)
                            return .init(update: update, trace: trace, step: view.step)
                        }
                    }
                    guard let finding = try await group.next() else {
                        preconditionFailure("no step is under way and none may begin")
                    }
                    for ready in schedule.finish(finding) {
                        let before = (step: schedule.current.step, round: schedule.current.round)
                        FailPoint.beforeApplying.pass()
                        let began = ContinuousClock.now
                        schedule.apply(ready.update)
                        let applying = ContinuousClock.now - began
                        FailPoint.afterApplying.pass()
                        try await book.note(
                            ready, before: before, after: schedule.current, applying: applying, stop
                        )
                    }
                }
                if book.wantsCheckpoint(checkpoint) { book.save(schedule) }
            }
        }
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
        guard program.isRecorded(state.step), epochs > state.closedEpochs else { return nil }
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
