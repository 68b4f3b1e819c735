import Pipeline
import ArgumentParser
import Coordinator
import Foundation

/// `voxelnas status`.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Says where a run stands, and why nothing moves.")

    @OptionGroup var target: RunTarget
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await explainingFailures {
            let standing = try await RunStanding(target)
            if json { return try printJSON(standing) }
            if let caution = standing.caution { print(caution) }
            print(standing.waiting)
            if let progress = standing.progress { print(progress.line) }
            if let root = standing.progress?.root { print("state root \(root)") }
            guard let coordinator = standing.coordinator else { return }
            print("\(coordinator.workers.count) workers; \(coordinator.splitLine)")
            for warning in standing.warnings { print("warning: \(warning)") }
        }
    }
}

/// `voxelnas workers`.
struct WorkersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workers", abstract: "Lists the workers of a live run.")

    @OptionGroup var target: RunTarget
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await explainingFailures {
            let workers = try await target.coordinator()?.status().workers
            if json { return try printJSON(workers ?? []) }
            guard let workers else { return print("no worker: the run is not live") }
            guard !workers.isEmpty else { return print("no worker has joined") }
            print(workers.table.text)
        }
    }
}

extension [CoordinatorStatus.Worker] {
    /// The workers as aligned rows.
    var table: Table {
        var table = Table(
            "worker", "state", "slots", "leases", "done", "per min", "in MB", "out MB", "RSS MB",
            "silent s")
        for worker in self {
            table.append(
                worker.name, "\(worker.status)", "\(worker.slots)",
                worker.leases.map(\.task).joined(separator: " "), "\(worker.accepted)",
                String(format: "%.1f", worker.acceptedPerMinute),
                "\(worker.bytesIn / 1_000_000)", "\(worker.bytesOut / 1_000_000)",
                "\(worker.residentBytes / 1_000_000)",
                String(format: "%.1f", worker.silentSeconds))
        }
        return table
    }
}
