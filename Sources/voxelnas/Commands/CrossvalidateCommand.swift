import ArgumentParser
import Evaluation
import Foundation
import Pipeline
import RunConfiguration
import Runs

/// `voxelnas crossvalidate`.
struct CrossvalidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crossvalidate",
        abstract: "Searches and evaluates once per fold; each fold is a test list once.",
        discussion: """
            The search of a fold sees nothing of the fold. Finished folds are kept: with --resume the \
            same command goes on where it was stopped.
            """)

    @OptionGroup var options: RunOptions
    @Option(help: "Worker processes to start here; 0 computes in this process.") var workers = 2
    @Flag(help: "Print JSON.") var json = false

    /// What the folds gave.
    private struct Summary: Encodable {
        let folds: [Fold]
        let meanArea: Double
        let standardDeviation: Double

        struct Fold: Encodable {
            let fold: Int
            let architecture: String
            let areas: [Double]
        }
    }

    func run() async throws {
        try await explainingFailures {
            let base = try options.configuration()
            guard base.data.folds >= 2 else {
                throw ConfigurationError.invalid(
                    field: "data.folds", found: "\(base.data.folds)", expected: "2 or more")
            }
            let directory = options.directory(of: base)
            let shards = options.shardsFolder(of: base, in: directory)
            var folds: [Summary.Fold] = []
            for fold in 0..<base.data.folds {
                folds.append(try await evaluate(fold, base, directory, shards))
            }
            try summarize(folds, in: directory)
        }
    }

    private func evaluate(
        _ fold: Int, _ base: RunConfiguration, _ parent: RunDirectory, _ shards: String
    ) async throws -> Summary.Fold {
        var configuration = base
        configuration.data.fold = fold
        let directory = RunDirectory(path: "\(parent.path)/fold-\(fold)")
        try directory.prepare(for: configuration, resuming: options.resume)
        let report = directory.evaluationPath + "/report.json"
        if !FileManager.default.fileExists(atPath: report) {
            FileHandle.standardError.write(
                Data("fold \(fold + 1) of \(base.data.folds)\n".utf8))
            do {
                let search = try SearchSession(
                    configuration: configuration, directory: directory,
                    folder: folder(of: options.runFile), shards: shards, resumes: true,
                    traces: options.trace)
                if workers == 0 {
                    try await search.runHere()
                } else {
                    try await search.run(
                        workers: workers, listening: ListeningAddress(host: "127.0.0.1", port: 0))
                }
            }
            let evaluation = try EvaluationSession(
                directory: directory, folder: folder(of: options.runFile), shards: shards)
            _ = try await evaluation.run(workers: workers, explaining: [])
        }
        let found = try EvaluationReport(
            json: Data(contentsOf: URL(fileURLWithPath: report)))
        let areas = found.retrainings.compactMap { training in
            (base.evaluation.checkpoint == .last
                ? training.lastEpoch : training.bestValidation ?? training.lastEpoch).test?.area
        }
        return Summary.Fold(
            fold: fold, architecture: found.candidates.first { $0.isChosen }?.code ?? "",
            areas: areas)
    }

    private func summarize(_ folds: [Summary.Fold], in directory: RunDirectory) throws {
        let means = folds.map { $0.areas.reduce(0, +) / Double(max($0.areas.count, 1)) }
        let mean = means.reduce(0, +) / Double(means.count)
        let deviation =
            (means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(means.count - 1, 1)))
            .squareRoot()
        let summary = Summary(folds: folds, meanArea: mean, standardDeviation: deviation)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try directory.write(encoder.encode(summary), to: directory.path + "/crossvalidation.json")
        if json { return try printJSON(summary) }
        var table = Table("fold", "architecture", "test AUC")
        for (fold, area) in zip(folds, means) {
            table.append("\(fold.fold)", fold.architecture, String(format: "%.4f", area))
        }
        print(table.text)
        print(String(format: "mean AUC %.4f, standard deviation over folds %.4f", mean, deviation))
    }
}
