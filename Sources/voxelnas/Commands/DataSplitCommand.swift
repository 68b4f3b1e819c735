import ArgumentParser
import CTData
import DataChecks
import Foundation
import RunConfiguration

/// `voxelnas data split`.
struct DataSplitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "split",
        abstract: "Divides the scans of a run file by patient, keeping the classes' shares.",
        discussion: """
            All lists of the run file are joined and divided anew: --test 0.3, with --validation \
            0.2 of what is left if wanted, or --folds 5. Writes a table, whose column 'split' says \
            fold-0, fold-1, … for folds, or the paper's JSON for run files that have that. The same seed gives the same \
            split, in whatever order scans are listed.
            """)

    @Argument(help: "A run file.") var runFile: String
    @Option(help: "The new table, or the folder of the new JSON lists.") var output: String
    @Option(help: "The share of each class's patients in the test list.") var test: Double?
    @Option(help: "The share of the other patients in a list 'validation'.")
    var validation: Double?
    @Option(help: "The number of folds.") var folds: Int?
    @Option(help: "The seed.") var seed: UInt64 = 1

    func validate() throws {
        guard (test == nil) != (folds == nil) else {
            throw ValidationError("give --test or --folds, and not both")
        }
        for share in [test, validation].compactMap({ $0 }) where !(0.01...0.99).contains(share) {
            throw ValidationError("a share is 0.01 to 0.99")
        }
        if let folds, !(2...100).contains(folds) {
            throw ValidationError("--folds takes 2 to 100")
        }
        if validation != nil, test == nil { throw ValidationError("--validation goes with --test") }
    }

    func run() async throws {
        try await explainingFailures {
            let configuration = try RunConfiguration(contentsOf: runFile)
            let listed = try ListedScans.read(
                configuration.data, folder: folder(of: runFile), readsFiles: false)
            let split = try DataSplit(
                listed.scans, test: test, validation: validation, folds: folds, seed: seed)
            let written = try split.write(like: configuration.data, to: output)
            var table = Table("list  class", "patients", "scans")
            for list in split.lists {
                for row in ManifestStatistics(list.scans).classes {
                    table.append("\(list.name)  \(row.name)", "\(row.patients)", "\(row.scans)")
                }
            }
            print(table.text)
            print(written.joined(separator: "\n"))
        }
    }
}
