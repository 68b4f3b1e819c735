import Foundation
import Runs

/// Worker processes on this machine, which end when their coordinator does.
final class LocalWorkers: @unchecked Sendable {
    // Guarantee: the list is set once in `init`; `Process` is only asked and signalled afterwards.
    private let processes: [Process]

    /// Starts workers, each with an equal share of the processors.
    ///
    /// - Throws: An error when this program cannot be started again.
    init(count: Int, connectingTo address: String, directory: RunDirectory) throws {
        let threads = max(1, ProcessInfo.processInfo.activeProcessorCount / max(count, 1))
        let folder = directory.path + "/workers"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        processes = try (0..<count).map { index in
            let log = "\(folder)/local-\(index + 1).log"
            _ = FileManager.default.createFile(atPath: log, contents: nil)
            let process = Process()
            process.executableURL = URL(
                fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(
                    atPath: "/proc/self/exe"))
            process.arguments = [
                "worker", "--connect", address, "--threads", "\(threads)", "--name",
                "local-\(index + 1)", "--with-parent",
            ]
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
            try process.run()
            return process
        }
    }

    /// Waits until all have ended; ends those that have not by then.
    func wait(atMost limit: Duration) async {
        let end = ContinuousClock.now + limit
        while processes.contains(where: \.isRunning), ContinuousClock.now < end {
            try? await Task.sleep(for: .milliseconds(50))
        }
        for process in processes where process.isRunning { process.terminate() }
    }
}
