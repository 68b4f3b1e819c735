import ArgumentParser
import Foundation
import Pipeline
import Runs

/// `voxelnas evaluate`.
struct EvaluateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Trains the best candidates of a run and opens the test list once.",
        discussion: """
            Finished trainings are kept: the same command goes on where it was stopped. The report, \
            predictions.csv, the models and the activation maps are in <run>/evaluation.
            """)

    @Argument(help: "The run directory.") var run: String
    @Option(help: "Worker processes to start here; 0 computes in this process.") var workers = 2
    @Option(help: "A scan to draw a class activation map of; repeatable.") var scan: [String] = []
    @Option(help: "The folder of the packed shards; inside the run directory by default.")
    var shards: String?
    @Flag(help: "Print the report as JSON.") var json = false

    func run() async throws {
        try await explainingFailures {
            let directory = RunDirectory(path: run)
            let origin = try directory.origin()
            let session = try EvaluationSession(
                directory: directory, folder: origin.folder, shards: shards ?? origin.shards)
            let (report, maps) = try await session.run(workers: workers, explaining: scan)
            if json {
                let text = try String(
                    contentsOfFile: directory.evaluationPath + "/report.json", encoding: .utf8)
                return print(text)
            }
            for map in maps { print("activation map: \(map)") }
            print("report: \(report)")
        }
    }
}
