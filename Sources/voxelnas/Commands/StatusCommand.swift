import RunConfiguration
import ArgumentParser
import Coordinator
import Foundation
import Pipeline
import Runs
import Transport

/// `voxelnas status`.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Says where a run stands, and why nothing moves.")

    @Argument(help: "The run directory.") var run: String
    @Flag(help: "Print JSON.") var json = false

    private struct Status: Encodable {
        let run: String
        let isLive: Bool
        let waiting: String
        let progress: StageProgress?
        let coordinator: CoordinatorStatus?
    }

    func run() async throws {
        try await explainingFailures {
            let directory = RunDirectory(path: run)
            let configuration = try directory.configuration()
            let coordinator = try await LiveCoordinator(of: directory)?.status()
            let progress = try? JSONDecoder().decode(
                StageProgress.self,
                from: Data(contentsOf: URL(fileURLWithPath: directory.progressPath)))
            let waiting = coordinator?.waiting ?? Self.rest(progress)
            if json {
                return try printJSON(
                    Status(
                        run: configuration.name, isLive: coordinator != nil, waiting: waiting,
                        progress: progress, coordinator: coordinator))
            }
            print(waiting)
            if let progress { print(progress.line) }
            if let root = progress?.root { print("state root \(root)") }
            guard let coordinator else { return }
            let split = coordinator.split
            print(
                "\(coordinator.workers.count) workers, \(split.tasks) tasks; per task pull "
                    + "\(Self.milliseconds(split.pullSeconds, split.tasks)), compute "
                    + "\(Self.milliseconds(split.computeSeconds, split.tasks)), push "
                    + "\(Self.milliseconds(split.pushSeconds, split.tasks))")
            if split.pullSeconds + split.pushSeconds > split.computeSeconds, split.tasks > 10 {
                print("warning: moving parameters takes longer than computing; use larger tasks")
            }
        }
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

    private static func milliseconds(_ seconds: Double, _ tasks: Int) -> String {
        tasks > 0 ? String(format: "%.0f ms", 1000 * seconds / Double(tasks)) : "-"
    }
}

/// `voxelnas workers`.
struct WorkersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workers", abstract: "Lists the workers of a live run.")

    @Argument(help: "The run directory.") var run: String
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await explainingFailures {
            let directory = RunDirectory(path: run)
            _ = try directory.configuration()
            let workers = try await LiveCoordinator(of: directory)?.status().workers ?? []
            if json { return try printJSON(workers) }
            guard !workers.isEmpty else { return print("no worker: the run is not live") }
            var table = Table(
                "worker", "state", "slots", "leases", "done", "per min", "in MB", "out MB",
                "RSS MB", "silent s")
            for worker in workers {
                table.append(
                    worker.name, "\(worker.status)", "\(worker.slots)",
                    worker.leases.map(\.task).joined(separator: " "), "\(worker.accepted)",
                    String(format: "%.1f", worker.acceptedPerMinute),
                    "\(worker.bytesIn / 1_000_000)",
                    "\(worker.bytesOut / 1_000_000)", "\(worker.residentBytes / 1_000_000)",
                    String(format: "%.1f", worker.silentSeconds))
            }
            print(table.text)
        }
    }
}

/// The coordinator that works on a run now.
private struct LiveCoordinator {
    private let address: CoordinatorAddress

    /// `nil` where no coordinator works on the run.
    init?(of directory: RunDirectory) throws {
        guard let endpoint = try? Endpoint(of: directory), kill(endpoint.process, 0) == 0 else {
            return nil
        }
        address = try CoordinatorAddress(endpoint.address)
    }

    func status() async throws -> CoordinatorStatus {
        try await StatusClient(address: address).status()
    }
}
