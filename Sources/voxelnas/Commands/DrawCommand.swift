import ArgumentParser
import Drawings
import Evaluation
import Foundation
import Pipeline
import RunConfiguration
import Runs
import SearchSpaces

/// `voxelnas draw`.
struct DrawCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "draw",
        abstract: "Draws a network of a run as SVG.",
        discussion: """
            SOURCE is a run directory, whose best candidate is drawn unless --code names another, or \
            a model file.
            """)

    @Argument(help: "A run directory or a model file.") var source: String
    @Argument(help: "The SVG file to write.") var output: String
    @Option(help: "The architecture's digits.") var code: String?

    func run() async throws {
        try await explainingFailures {
            let configuration: RunConfiguration
            var digits = code
            if source.hasSuffix(".safetensors") {
                let model = try ModelFile(path: source)
                configuration = model.configuration
                digits = digits ?? model.architecture.code
            } else {
                let directory = RunDirectory(path: source)
                configuration = try directory.configuration()
                if digits == nil {
                    digits =
                        try (try? EvaluatedRun(directory))?.report.candidates
                        .first(where: \.isChosen)?.code
                        ?? CandidateArchive(path: directory.archivePath).best(1).first?.code
                }
            }
            guard let digits, let architecture = Architecture(code: digits),
                architecture.isValid(in: try configuration.space.searchSpace())
            else {
                throw RunError.damaged(
                    path: source,
                    reason: "no network \(digits ?? "") of its space; see voxelnas archive")
            }
            let svg = try ArchitectureDrawing(of: architecture, configuration: configuration).svg
            do {
                try Data(svg.utf8).write(to: URL(fileURLWithPath: output), options: .atomic)
            } catch {
                throw CannotWrite(path: output, reason: error.localizedDescription)
            }
            print("\(output): network \(architecture.code)")
        }
    }
}
