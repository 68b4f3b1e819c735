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
            DataInspectCommand.self, DataConvertCommand.self, DataSplitCommand.self,
            DataLungsCommand.self, DataPackCommand.self, DataPhantomCommand.self,
        ])
}

/// `voxelnas data pack`.
struct DataPackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack",
        abstract: "Packs a run's scans into shards; a search does this by itself.")

    @Argument(help: "A run file.") var runFile: String
    @Option(help: "The folder of the shards.") var shards: String
    @Option(help: "Scans that are prepared at once; one per processor unless given.")
    var threads: Int?

    func validate() throws {
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads takes 1 to 1024")
        }
    }

    func run() async throws {
        try await explainingFailures {
            let configuration = try RunConfiguration(contentsOf: runFile)
            let progress = TerminalProgress(directory: nil)
            let data = try PreparedData(
                packing: configuration, folder: folder(of: runFile), shards: shards,
                threads: threads, report: progress.update)
            for (role, volumes) in data.volumes.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                print("\(role.rawValue): \(volumes.scans.count) scans in \(volumes.folder)")
            }
            for finding in data.findings {
                FileHandle.standardError.write(Data("\(finding)\n".utf8))
            }
            print("fingerprint \(data.fingerprint)")
        }
    }
}

/// The folder that a run file's names are relative to.
func folder(of runFile: String) -> String {
    URL(fileURLWithPath: runFile).deletingLastPathComponent().path
}
