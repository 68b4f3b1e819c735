import Training
import ArgumentParser
import CTData
import Foundation
import Pipeline
import RunConfiguration

/// `voxelnas data …`.
struct DataCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data", abstract: "Looks at scans, packs them, and makes synthetic ones.",
        subcommands: [
            DataStatsCommand.self, DataInspectCommand.self, DataConvertCommand.self,
            DataPackCommand.self, DataPhantomCommand.self,
        ])
}

/// `voxelnas data stats`.
struct DataStatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Counts patients, scans and slices per class and list, as Table 2 of the paper.")

    @Argument(help: "A run file.") var runFile: String
    @Flag(help: "Print JSON.") var json = false

    private struct List: Encodable {
        let list: String
        let statistics: ManifestStatistics
    }

    func run() async throws {
        try await explainingFailures {
            let configuration = try RunConfiguration(contentsOf: runFile)
            let lists = try ScanLists.read(
                configuration.data, folder: folder(of: runFile), requiresFiles: false)
            let all = [
                List(
                    list: "train",
                    statistics: ManifestStatistics(
                        lists.training, emptyPatients: lists.emptyTraining)),
                List(
                    list: "test",
                    statistics: ManifestStatistics(lists.test, emptyPatients: lists.emptyTest)),
            ]
            if json { return try printJSON(all) }
            var table = Table("list  class", "patients", "scans", "slices", "min", "max")
            for entry in all where entry.statistics.scans > 0 {
                for row in entry.statistics.classes {
                    table.append(
                        "\(entry.list)  \(row.name)", "\(row.patients)", "\(row.scans)",
                        "\(row.slices)", "", "")
                }
                let total = entry.statistics
                table.append(
                    "\(entry.list)  total", "\(total.patients)", "\(total.scans)",
                    "\(total.slices)", "\(total.fewestSlices)", "\(total.mostSlices)")
            }
            print(table.text)
        }
    }
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
