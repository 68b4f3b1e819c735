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

    /// The search as far as it got, and the roots on the way that `roots.jsonl` has not.
    ///
    /// - Parameter archive: Gets the candidates of the log again; rows of later epochs are dropped.
    /// - Returns: The search from there on, and those roots.
    /// - Throws: `RunError` when the files belong to another configuration, or when a step of the log
    ///   leads elsewhere than it did.
    func schedule(_ archive: CandidateArchive) throws -> (StepSchedule, missing: [LoggedRoot]) {
        let store = CheckpointStore(of: stage.directory)
        let digest = stage.configuration.digest
        var newest = UInt64.max
        while true {
            let saved = try store.newest(
                configuration: digest, notAfter: newest, report: report)
            let start = try saved.map {
                try SearchState(
                    $0.checkpoint, digest: digest, path: stage.directory.checkpointPath)
            }
            FailPoint.checkpointLoaded.pass()
            let found = try replay(from: start ?? stage.startingState, archive)
            let reached = found.0.current.round
            // Steps that were under way read states that only the log leads to.
            guard let manifest = saved?.manifest, let logged = manifest.logged, reached < logged
            else { return found }
            report(
                "\(stage.directory.logPath): it ends after \(reached) rounds, and the saved state of "
                    + "step \(manifest.step) needs \(logged); going back to the one before it")
            guard manifest.round > 0 else { return found }
            newest = manifest.round - 1
        }
    }

    /// Applies every record of the log behind a state.
    private func replay(
        from start: SearchState, _ archive: CandidateArchive
    ) throws -> (StepSchedule, missing: [LoggedRoot]) {
        let directory = stage.directory
        let known = Set(directory.loggedRoots.map(\.round))
        var missing: [LoggedRoot] = []
        try archive.removeEpochs(from: start.closedEpochs)
        var schedule = StepSchedule(stage.program, from: start)
        for segment in directory.segments(from: start.round) {
            let path = directory.segmentPath(segment)
            var reader = try LogReader(path: path)
            while let frame = try reader.next() {
                let logged = try SearchRecord.read(frame, path: path)
                let round = schedule.current.round
                guard logged.round >= round else { continue }
                guard logged.round == round else { break }
                let root = try apply(logged, to: &schedule, archive, path: path)
                if !known.contains(root.round) { missing.append(root) }
                FailPoint.recordReplayed.pass()
            }
            if reader.restLength > 0, segment == directory.segments.last {
                report(
                    "\(path): the last \(reader.restLength) bytes were not written to the end; "
                        + "that step is computed again")
            }
        }
        let step = schedule.current.step
        if schedule.current.round > 0 {
            report(
                "goes on after step \(step): saved state of step \(start.step), "
                    + "\(step - start.step) steps from the log")
        }
        return (schedule, missing)
    }

    private func apply(
        _ logged: SearchRecord.Logged, to schedule: inout StepSchedule,
        _ archive: CandidateArchive, path: String
    ) throws -> LoggedRoot {
        let kind: String
        switch logged.record {
        case .step(let update):
            kind = "step"
            guard update.step == schedule.current.step else {
                throw RunError.damaged(
                    path: path,
                    reason: "step \(update.step) follows step \(schedule.current.step)")
            }
            schedule.apply(update)
        case .candidates(let epoch, let candidates):
            kind = "candidates"
            var state = schedule.current
            try stage.close(epoch, with: candidates, &state, archive)
            schedule.goOn(from: state)
        }
        let state = schedule.current
        guard state.root.description == logged.root else {
            throw RunError.otherRoot(
                path: path, step: state.step, found: state.root.description, logged: logged.root)
        }
        return LoggedRoot(kind: kind, step: state.step, round: state.round, root: logged.root)
    }
}
