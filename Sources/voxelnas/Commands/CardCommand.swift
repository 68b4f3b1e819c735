import ArgumentParser
import Evaluation
import Foundation
import Pipeline
import Runs
import SearchSpaces

/// `voxelnas card`.
struct CardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "card",
        abstract: "Prints the model card of an evaluated run, as Markdown.")

    @Argument(help: "The run directory.") var run: String

    func run() async throws {
        try await explainingFailures {
            let directory = RunDirectory(path: run)
            let report = try EvaluatedRun(directory).report
            guard let code = report.candidates.first(where: \.isChosen)?.code,
                let architecture = Architecture(code: code)
            else {
                throw RunError.damaged(
                    path: directory.evaluationPath + "/report.json", reason: "no network was chosen"
                )
            }
            let facts = try ModelCard.Facts(
                configuration: directory.configuration(), architecture: architecture,
                seeds: report.retrainings.count)
            print(ModelCard(report, facts: facts).markdown, terminator: "")
        }
    }
}

/// What a finished evaluation left.
struct EvaluatedRun {
    let report: EvaluationReport

    /// Reads the report of a run.
    ///
    /// - Throws: `RunError` when the run was not evaluated.
    init(_ directory: RunDirectory) throws {
        let path = directory.evaluationPath + "/report.json"
        _ = try directory.configuration()
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
            throw RunError.damaged(
                path: path, reason: "there is no report; run voxelnas evaluate \(directory.path)")
        }
        do {
            report = try EvaluationReport(json: data)
        } catch {
            throw RunError.damaged(path: path, reason: "\(error)")
        }
    }
}
