import Coordination
import Coordinator
import Foundation
import Glibc
import Pipeline
import RunConfiguration
import Runs

/// How a run stands, from its coordinator where one works, and from its folder.
struct RunStanding: Encodable {
    let run: String
    /// What every output says of a search that is not exact.
    let caution: String?
    let isLive: Bool
    let waiting: String
    let warnings: [String]
    let progress: StageProgress?
    let coordinator: CoordinatorStatus?

    /// Looks at a run.
    init(_ target: RunTarget) async throws {
        let directory = try target.directory()
        coordinator = try await target.coordinator()?.status()
        progress = directory.flatMap { directory in
            try? JSONDecoder().decode(
                StageProgress.self,
                from: Data(contentsOf: URL(fileURLWithPath: directory.progressPath)))
        }
        let configuration = try directory?.configuration()
        run = configuration?.name ?? coordinator?.runID ?? ""
        caution = configuration?.search.caution
        isLive = coordinator != nil
        waiting = coordinator?.waiting ?? Self.rest(progress)
        warnings = coordinator?.warnings ?? []
    }

    /// What to say of a run that no coordinator answers for.
    private static func rest(_ progress: StageProgress?) -> String {
        guard let progress else { return "not started: no stage has reported progress" }
        if progress.done >= progress.total { return "\(progress.stage) has ended; nothing runs" }
        guard kill(progress.process, 0) == 0 else {
            return "stopped in \(progress.stage); go on with --resume"
        }
        return "computing in process \(progress.process), without workers"
    }
}

extension CoordinatorStatus {
    /// What an operator should look at.
    var warnings: [String] {
        var list: [String] = []
        if split.tasks > 10, split.pullSeconds + split.pushSeconds > split.computeSeconds {
            list.append(
                "moving parameters takes longer than computing ("
                    + String(
                        format: "%.0f ms against %.0f ms a task",
                        1000 * (split.pullSeconds + split.pushSeconds), 1000 * split.computeSeconds)
                    + "); use larger tasks (search.microBatchSize), or fewer workers")
        }
        for worker in workers where worker.status == .quarantined {
            list.append("worker \(worker.name) is in quarantine; see `voxelnas events`")
        }
        if counts.mismatches > 0 {
            list.append(
                "\(counts.mismatches) results came twice with other bits; see `voxelnas poison`")
        }
        if refused > 0 {
            list.append("\(refused) times a peer was turned away; see `voxelnas events`")
        }
        return list
    }

    /// Where the time of a task and of a step goes.
    var splitLine: String {
        guard split.tasks > 0 else { return "no task has come back in this step" }
        func milliseconds(_ seconds: Double) -> String { String(format: "%.0f ms", 1000 * seconds) }
        return "per task: pull \(milliseconds(split.pullSeconds)), compute "
            + "\(milliseconds(split.computeSeconds)), push \(milliseconds(split.pushSeconds)), "
            + "reduce \(milliseconds(split.reduceSeconds)); update and log before the step "
            + milliseconds(split.updateSeconds)
    }
}
