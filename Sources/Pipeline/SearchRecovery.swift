import FailPoints
import Journal
import RunConfiguration
import Runs
import Training

/// Brings a search back to where its files say that it was: the newest good saved state, and every
/// step of the log behind it, applied without being computed again.
struct SearchRecovery {
    /// The search's settings and rules.
    let stage: SearchStage
    /// Told of damage that was passed over, and of what was read.
    let report: (String) -> Void

    /// The state that was reached, and the roots on the way that `roots.jsonl` has not.
    ///
    /// - Parameter archive: Gets the candidates of the log again; rows of later epochs are dropped.
    /// - Returns: The state and those roots.
    /// - Throws: `RunError` when the files belong to another configuration, or when a step of the log
    ///   leads elsewhere than it did.
    func state(_ archive: CandidateArchive) throws -> (SearchState, missing: [LoggedRoot]) {
        let known = Set(stage.directory.loggedRoots.map(\.round))
        var missing: [LoggedRoot] = []
        let directory = stage.directory
        let digest = stage.configuration.digest
        var state: SearchState
        if let saved = try CheckpointStore(of: directory).newest(
            configuration: digest, report: report)
        {
            state = try SearchState(
                saved.checkpoint, digest: digest, path: directory.checkpointPath)
        } else {
            state = stage.startingState
        }
        FailPoint.checkpointLoaded.pass()
        try archive.removeEpochs(from: state.closedEpochs)
        let saved = state.step
        for start in directory.segments {
            let path = directory.segmentPath(start)
            var reader = try LogReader(path: path)
            while let frame = try reader.next() {
                let logged = try SearchRecord.read(frame, path: path)
                guard logged.round >= state.round else { continue }
                guard logged.round == state.round else { break }
                let root = try apply(logged, to: &state, archive, path: path)
                if !known.contains(state.round) { missing.append(root) }
                FailPoint.recordReplayed.pass()
            }
            if reader.restLength > 0, start == directory.segments.last {
                report(
                    "\(path): the last \(reader.restLength) bytes were not written to the end; "
                        + "that step is computed again")
            }
        }
        if state.round > 0 {
            report(
                "goes on after step \(state.step): saved state of step \(saved), "
                    + "\(state.step - saved) steps from the log")
        }
        return (state, missing)
    }

    private func apply(
        _ logged: SearchRecord.Logged, to state: inout SearchState, _ archive: CandidateArchive,
        path: String
    ) throws -> LoggedRoot {
        let kind: String
        switch logged.record {
        case .step(let update):
            kind = "step"
            guard update.step == state.step else {
                throw RunError.damaged(
                    path: path, reason: "step \(update.step) follows step \(state.step)")
            }
            stage.program.apply(update, to: &state)
        case .candidates(let epoch, let candidates):
            kind = "candidates"
            try stage.close(epoch, with: candidates, &state, archive)
        }
        guard state.root.description == logged.root else {
            throw RunError.otherRoot(
                path: path, step: state.step, found: state.root.description, logged: logged.root)
        }
        return LoggedRoot(kind: kind, step: state.step, round: state.round, root: logged.root)
    }
}
