import Foundation
import Journal
import RunConfiguration
import Runs
import TensorBoardEvents
import Tensors
import Training

/// What a search tells its log, its roots, TensorBoard and whoever watches, of every step and
/// recording.
struct SearchBook {
    /// The search.
    let stage: SearchStage
    /// What is written behind the steps.
    let log: SearchLog
    /// Roots that an earlier process logged, by round.
    let known: [UInt64: String]
    /// The curves.
    let events: TensorBoardLog
    /// The progress.
    var meter: ProgressMeter

    private var candidatesRemark = ""
    /// The loss of the last step; `nil` behind a recording.
    private var loss: Double?

    init(
        stage: SearchStage, log: SearchLog, known: [UInt64: String], events: TensorBoardLog,
        meter: ProgressMeter
    ) {
        self.stage = stage
        self.log = log
        self.known = known
        self.events = events
        self.meter = meter
    }

    /// Notes a step, and how long it took to apply it.
    ///
    /// - Throws: `RunError.otherRoot` when it leads elsewhere than it did, or what stops the log.
    mutating func note(
        _ finding: StepSchedule.Finding, before: (step: Int, round: UInt64),
        after state: SearchState, applying: Duration, _ stop: StopFlag
    ) async throws {
        events.append(SearchScalars.of(finding.trace, alpha: state.alpha), step: state.step)
        loss = finding.update.loss
        try await append(
            .step(finding.update), finding.trace, before: before, state, applying: applying, stop)
    }

    /// Notes the candidates of an epoch.
    ///
    /// - Throws: As ``note(_:before:after:_:)``.
    mutating func note(
        _ candidates: [Candidate], of epoch: Int, before: SearchState, after state: SearchState,
        _ stop: StopFlag
    ) async throws {
        events.append(SearchScalars.of(candidates), step: state.step)
        candidatesRemark = candidates.map {
            "\($0.kind.rawValue) D_V loss \(String(format: "%.3f", $0.loss))"
        }.joined(separator: ", ")
        loss = nil
        try await append(
            .candidates(epoch: epoch, candidates), nil, before: (before.step, before.round), state,
            applying: .zero, stop)
    }

    /// Whether a state is to be saved now.
    func wantsCheckpoint(_ request: StopFlag) -> Bool {
        let isAsked = request.take()
        return isAsked || log.wantsCheckpoint(stage.savePace)
    }

    /// Saves the oldest state that is still read; what was applied to it since is in the log.
    func save(_ schedule: StepSchedule) {
        let state = schedule.oldest
        let digest = stage.configuration.digest
        let isHealthy =
            state.supernet.parameters.isFinite && (loss ?? 0).isFinite && abs(loss ?? 0) < 100
        log.save(
            state.checkpoint(digest: digest),
            CheckpointManifest(
                configuration: digest, step: state.step, round: state.round,
                logged: schedule.current.round, root: state.root.description, loss: loss,
                isHealthy: isHealthy))
    }

    private func append(
        _ record: SearchRecord, _ trace: StepTrace?, before: (step: Int, round: UInt64),
        _ state: SearchState, applying: Duration, _ stop: StopFlag
    ) async throws {
        try await log.append(
            entry(record, trace, before: before, state, applying: applying),
            shouldStop: { stop.isSet })
        let text = loss.map { String(format: "loss %.3f", $0) } ?? ""
        meter.update(
            state.step,
            remark: [log.complaint ?? "", text, candidatesRemark]
                .filter { !$0.isEmpty }.joined(separator: "; "), root: state.root)
    }

    /// The log's entry for what led to a state; throws when it once led elsewhere.
    private func entry(
        _ record: SearchRecord, _ trace: StepTrace?, before: (step: Int, round: UInt64),
        _ state: SearchState, applying: Duration
    ) throws -> SearchLog.Entry {
        let root = state.root.description
        if let logged = known[state.round], logged != root {
            throw RunError.otherRoot(
                path: stage.directory.rootsPath, step: state.step, found: root, logged: logged)
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
            poisonLines: poison, applying: applying)
    }

    private struct PoisonLine: Encodable {
        let step: Int
        let task: StepUpdate.PoisonTask
    }
}
