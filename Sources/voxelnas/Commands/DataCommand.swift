import Training
import ArgumentParser
import CTData
import Foundation
import Pipeline
import RunConfiguration

/// `voxelnas data …`.
struct DataCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data",
        abstract: "Checks scans, mends lists, finds lungs, packs, and makes synthetic scans.",
        subcommands: [
            DataCheckCommand.self, DataCleanCommand.self, DataStatsCommand.self,
            DataSplitCommand.self, DataLungsCommand.self, DataPackCommand.self,
            DataPhantomCommand.self,
        ])
}

/// `voxelnas data pack`.
struct DataPackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack",
        abstract: "Packs a run's scans into shards; a search does this by itself.")

    @Argument(help: "A run file.") var runFile: String
    @Option(help: "The folder of the shards.") var shards: String

    func run() async throws {
        try await explainingFailures {
            let configuration = try RunConfiguration(contentsOf: runFile)
            let progress = TerminalProgress(directory: nil)
            let data = try PreparedData(
                packing: configuration, folder: folder(of: runFile), shards: shards,
                report: progress.update)
            for (role, volumes) in data.volumes.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                print("\(role.rawValue): \(volumes.scans.count) scans in \(volumes.folder)")
            }
            print("fingerprint \(data.fingerprint)")
        }
    }
}

/// The folder that a run file's names are relative to.
func folder(of runFile: String) -> String {
    URL(fileURLWithPath: runFile).deletingLastPathComponent().path
}
