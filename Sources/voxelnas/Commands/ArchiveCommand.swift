import ArgumentParser
import Foundation
import Runs

/// `voxelnas archive`.
struct ArchiveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "archive", abstract: "Lists the candidates of a live or finished run.")

    @Argument(help: "The run directory.") var run: String
    @Option(help: "Only the best distinct architectures by loss on D_V.") var best: Int?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await explainingFailures {
            let directory = RunDirectory(path: run)
            caution(of: try directory.configuration())
            let archive = try CandidateArchive(path: directory.archivePath)
            let candidates = try best.map(archive.best) ?? archive.candidates()
            if json { return try printJSON(candidates) }
            var table = Table(
                "epoch", "kind", "architecture", "D_V loss", "accuracy", "AUC", "MB", "MMAC")
            for candidate in candidates {
                table.append(
                    "\(candidate.epoch)", candidate.kind.rawValue, candidate.code,
                    String(format: "%.4f", candidate.loss),
                    String(format: "%.3f", candidate.accuracy),
                    candidate.auc.map { String(format: "%.3f", $0) } ?? "-",
                    String(format: "%.2f", candidate.megabytes),
                    String(format: "%.1f", Double(candidate.multiplyAdds) / 1e6))
            }
            print(table.text)
        }
    }
}
