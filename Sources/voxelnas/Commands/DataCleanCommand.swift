import ArgumentParser
import DataChecks
import Foundation
import RunConfiguration

/// `voxelnas data clean`.
struct DataCleanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clean",
        abstract: "Makes a cleaned set of links from a list of fixes; the source stays as it is.",
        discussion: """
            The list is what 'data check --fixes' wrote and a person has read, or the list of \
            Clean-CC-CCII. The new folder gets the scans, manifests in the form of the run's own, \
            the fixes, and run.yaml, the run file for it.
            """)

    @Argument(help: "A run file.") var runFile: String
    @Option(help: "The list of fixes.") var fixes: String
    @Option(help: "The new folder.") var output: String
    @Flag(help: "Copy files instead of linking to them.") var copy = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await explainingFailures {
            var configuration = try RunConfiguration(contentsOf: runFile)
            let listed = try ListedScans.read(configuration.data, folder: folder(of: runFile))
            let list = try FixList(contentsOf: fixes)
            let (summary, manifests) = try CleanedSet.write(
                list, from: fixes, to: listed, in: output, transfer: copy ? .copy : .link)
            configuration.data.root = "."
            switch configuration.data.format {
            case .table, .folders:
                configuration.data.format = .table
                configuration.data.table = "labels.csv"
            case .paperJSON:
                configuration.data.train = "train.json"
                configuration.data.test = manifests.contains("test.json") ? "test.json" : ""
            }
            try Data(configuration.canonicalJSON.utf8).write(
                to: URL(fileURLWithPath: "\(output)/run.yaml"), options: .atomic)
            if json { return try printJSON(summary) }
            print(
                """
                \(summary.scans) scans: \(summary.discarded) left out, \(summary.reordered) \
                reordered, \(summary.relabelled) relabelled, \(summary.moved) moved to another \
                list; \(summary.removedSlices) slices left out
                go on with \(output)/run.yaml
                """)
        }
    }
}
