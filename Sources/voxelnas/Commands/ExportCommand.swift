import ArgumentParser
import Foundation
import Pipeline

/// `voxelnas export`.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Writes a saved model for other programs.",
        subcommands: [ExportONNXCommand.self])
}

/// `voxelnas export onnx`.
struct ExportONNXCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "onnx",
        abstract: "Writes a saved model as ONNX (opset 17, any batch size).",
        discussion: """
            The input is [batch, 1, depth, height, width], already prepared; the file's metadata say \
            how. Outputs are logits and probabilities. Research use only.
            """)

    @Argument(help: "A model file, or a run directory for the first of its models.")
    var model: String
    @Argument(help: "The file to write.") var output: String
    @Flag(help: "Leave depth, height and width open; the model was trained at one size.")
    var anySize = false

    func run() async throws {
        try await explainingFailures {
            let path = try ModelFile.locate(model)
            let bytes = try ModelFile(path: path).onnx(hasFreeSize: anySize)
            do {
                try Data(bytes).write(to: URL(fileURLWithPath: output), options: .atomic)
            } catch {
                throw CannotWrite(path: output, reason: error.localizedDescription)
            }
            print("\(output): \(path) as ONNX. \(ModelFile.notice)")
        }
    }
}

/// A file that the command line names cannot be written.
struct CannotWrite: Error, CustomStringConvertible {
    let path: String
    let reason: String

    var description: String { "\(path): cannot be written: \(reason)" }
}
