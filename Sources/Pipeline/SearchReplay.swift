import Foundation
import Journal
import RunConfiguration
import Runs
package import Tasks
import Training

/// Computes steps of a run once more, beside the run, and compares the roots of the states.
package struct SearchReplay: Sendable {
    /// What came of it.
    package struct Outcome: Codable, Hashable, Sendable {
        /// The first and the last step that was compared, counted from 0.
        package var first: Int
        package var last: Int
        /// States whose root was compared.
        package var compared: Int
        /// The first step that led elsewhere than the log says; absent when all agree.
        package var differsAt: Int?
        /// The root afterwards.
        package var root: String
    }

    private let stage: SearchStage

    /// A replay of a run's search.
    package init(of stage: SearchStage) {
        self.stage = stage
    }

    /// Computes steps `range` from the newest saved state at or before its start; steps between that
    /// state and the start are computed too.
    ///
    /// - Parameters:
    ///   - range: The steps, counted from 0.
    ///   - executor: Who computes.
    ///   - report: Told of every step.
    /// - Returns: What came of it.
    /// - Throws: `RunError` when the run has no root for a step of the range, and what computing
    ///   throws.
    package func verify(
        _ range: ClosedRange<Int>, on executor: some RoundExecutor,
        report: (StageProgress) -> Void
    ) async throws -> Outcome {
        let logged = stage.directory.loggedRoots
        let byRound = Dictionary(logged.map { ($0.round, $0) }) { first, _ in first }
        guard let first = logged.first(where: { $0.step > range.lowerBound }),
            logged.contains(where: { $0.step > range.upperBound })
        else {
            throw RunError.noSuchSteps(
                path: stage.directory.rootsPath, wanted: range, known: logged.last?.step ?? 0)
        }
        if let caution = stage.configuration.search.caution {
            throw ConfigurationError.invalid(
                field: "search.staleness", found: "\(stage.configuration.search.staleness)",
                expected: "0 for steps that can be computed again. \(caution)")
        }
        var start = stage.startingState
        if let saved = try CheckpointStore(of: stage.directory).newest(
            configuration: stage.configuration.digest, notAfter: first.round - 1, report: { _ in })
        {
            let state2 = try SearchState(
                saved.checkpoint, digest: stage.configuration.digest,
                path: stage.directory.checkpointPath)
            // Behind any other state, steps read states that came before it.
            let standsAlone =
                stage.configuration.search.delay == 0
                || stage.program.isRecorded(state2.step) && stage.openEpoch(state2) == nil
            if state2.step <= range.lowerBound, standsAlone { start = state2 }
        }
        var schedule = StepSchedule(stage.program, from: start)
        let meter = Meter(first: start.step, total: range.upperBound + 1)
        var outcome = Outcome(
            first: range.lowerBound, last: range.upperBound, compared: 0, root: "")
        while schedule.current.step <= range.upperBound {
            let step = schedule.current.step
            if let epoch = stage.openEpoch(schedule.current) {
                var state = schedule.current
                let candidates = try await stage.candidates(of: epoch, state, on: executor)
                try stage.close(epoch, with: candidates, &state, nil)
                schedule.goOn(from: state)
            } else if let view = schedule.begin() {
                let (update, trace) = try await stage.program.update(of: view, on: executor)
                for ready in schedule.finish(.init(update: update, trace: trace, step: step)) {
                    schedule.apply(ready.update)
                }
            }
            let state = schedule.current
            report(meter.progress(state.step))
            guard step >= range.lowerBound, let expected = byRound[state.round] else { continue }
            outcome.compared += 1
            if expected.root != state.root.description {
                outcome.differsAt = step
                break
            }
        }
        outcome.root = schedule.current.root.description
        return outcome
    }

    private struct Meter {
        let first: Int
        let total: Int
        let start = ContinuousClock.now

        func progress(_ done: Int) -> StageProgress {
            let elapsed = (ContinuousClock.now - start) / Duration.seconds(1)
            return StageProgress(
                stage: "replay", done: done, total: total, unit: "steps", remark: "",
                elapsedSeconds: elapsed,
                remainingSeconds: done > first
                    ? elapsed / Double(done - first) * Double(total - done) : nil,
                time: Date().timeIntervalSince1970,
                process: ProcessInfo.processInfo.processIdentifier)
        }
    }
}
