import ArgumentParser
import Foundation
import Pipeline
import RunConfiguration
import Runs
import Training

/// `voxelnas search`.
struct SearchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Searches with workers on this machine; others may join meanwhile.")

    @OptionGroup var options: RunOptions
    @OptionGroup var protection: ProtectionOptions
    @Option(help: "Worker processes to start here; 0 computes in this process.") var workers = 2
    @Option(help: "Where to listen for more workers; a free port on loopback by default.")
    var listen: ListeningAddress?
    @Flag(help: "Print what the search would cost, and do nothing.") var dryRun = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await explainingFailures {
            let configuration = try options.configuration()
            if dryRun {
                let data = try PreparedData(
                    configuration: configuration, folder: folder(of: options.runFile),
                    requiresFiles: false)
                let cost = try DryRun(configuration: configuration, data: data)
                return json ? try printJSON(cost) : print(cost.text)
            }
            let directory = options.directory(of: configuration)
            let session = try SearchSession(options, protection: protection)
            if workers == 0 {
                try await session.runHere()
            } else {
                try await session.run(
                    workers: workers,
                    listening: listen ?? ListeningAddress(host: "127.0.0.1", port: 0))
            }
            if json {
                try printJSON(CandidateArchive(path: directory.archivePath).best(10))
            } else {
                print(
                    "the archive is in \(directory.path); next: voxelnas evaluate \(directory.path)"
                )
            }
        }
    }
}

extension DryRun {
    /// The costs as aligned lines.
    var text: String {
        let lines: [(String, String)] = [
            ("training scans", "\(trainingScans) (D_T \(weightScans), D_V \(alphaScans))"),
            ("test scans", "\(testScans)"),
            ("steps per epoch", "\(stepsPerEpoch)"),
            ("steps", "\(steps)"),
            ("tasks per step", "\(tasksPerStep)"),
            ("supernet parameters", "\(supernetParameters)"),
            ("parameters of a path", "\(pathParameters)"),
            ("MMAC of a path", String(format: "%.1f", Double(pathMultiplyAdds) / 1e6)),
            ("worker arena", String(format: "%.0f MB", Double(workerArenaBytes) / 1e6)),
            ("worker in all", String(format: "%.0f MB", Double(workerBytes) / 1e6)),
            ("coordinator state", String(format: "%.0f MB", Double(coordinatorBytes) / 1e6)),
            ("training speed", String(format: "%.0f samples/s on one thread", samplesPerSecond)),
            ("expected time", "\(StageProgress.duration(expectedSeconds)) on one thread"),
        ]
        let width = lines.map(\.0.count).max() ?? 0
        return lines.map { name, value in
            name + String(repeating: " ", count: width - name.count + 2) + value
        }.joined(separator: "\n")
    }
}
