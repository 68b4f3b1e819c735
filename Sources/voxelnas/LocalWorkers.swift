import Foundation
import Runs

/// Worker processes on this machine, which end when their coordinator does.
final class LocalWorkers: @unchecked Sendable {
    // Guarantee: the list is set once in `init`; `Process` is only asked and signalled afterwards.
    private let processes: [Process]
    private let logs: [String]

    /// Starts workers, each with an equal share of the processors.
    ///
    /// - Parameters:
    ///   - count: How many.
    ///   - address: The coordinator, `host:port`.
    ///   - directory: The run, for the workers' logs.
    ///   - shards: The folder of the shards.
    ///   - key: The file of the key to connect with, where the coordinator wants one.
    /// - Throws: An error when this program cannot be started again.
    init(
        count: Int, connectingTo address: String, directory: RunDirectory, shards: String?,
        key: String?
    ) throws {
        let processors = Self.allowedProcessors()
        let threads = max(1, processors.count / max(count, 1))
        let folder = directory.path + "/workers"
        try directory.createFolder(folder)
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        var processes: [Process] = []
        var logs: [String] = []
        for index in 0..<count {
            let log = "\(folder)/local-\(index + 1).log"
            _ = FileManager.default.createFile(atPath: log, contents: nil)
            var arguments = [
                program, "worker", "--connect", address, "--threads", "\(threads)", "--name",
                "local-\(index + 1)", "--with-parent",
            ]
            if let shards { arguments += ["--shards", shards] }
            if let key { arguments += ["--key", key] }
            // Each worker has processors of its own: two that pinned their threads to the same ones
            // would halve each other.
            let own = processors.dropFirst(index * threads).prefix(threads)
            let pinning =
                threads > 1 && own.count == threads
                ? ["taskset", "--cpu-list", own.map(String.init).joined(separator: ",")] : []
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = pinning + arguments
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
            try process.run()
            processes.append(process)
            logs.append(log)
        }
        self.processes = processes
        self.logs = logs
    }

    /// Why the workers ended, once all have; `nil` while one works, or when none was started.
    var obituary: String? {
        guard !processes.isEmpty, !processes.contains(where: \.isRunning) else { return nil }
        let last = logs.compactMap { log in
            (try? String(contentsOfFile: log, encoding: .utf8))?
                .split(separator: "\n").last.map(String.init)
        }
        return "every local worker has ended: " + Set(last).sorted().joined(separator: "; ")
    }

    /// Waits until all have ended; ends those that have not by then.
    func wait(atMost limit: Duration) async {
        let end = ContinuousClock.now + limit
        while processes.contains(where: \.isRunning), ContinuousClock.now < end {
            try? await Task.sleep(for: .milliseconds(50))
        }
        for process in processes where process.isRunning { process.terminate() }
    }

    /// The processors that this process may run on.
    private static func allowedProcessors() -> [Int] {
        let all = Array(0..<ProcessInfo.processInfo.activeProcessorCount)
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: {
                $0.hasPrefix("Cpus_allowed_list:")
            }), let list = line.split(separator: "\t").last
        else { return all }
        let found = list.split(separator: ",").flatMap { part -> [Int] in
            let ends = part.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last else { return [] }
            return Array(first...max(first, last))
        }
        return found.isEmpty ? all : found
    }
}

/// All workers that a command started have ended, and no other one has come.
struct NoWorkersLeft: Error, CustomStringConvertible {
    let description: String
}
