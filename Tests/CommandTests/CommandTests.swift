import Foundation
import TestSupport
import Testing

/// The program itself, from scans to a prediction: what no target's own tests run.
@Suite("The commands") struct CommandTests {
    private struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    /// The program lies beside the tests that were built with it.
    private static let program = URL(filePath: CommandLine.arguments[0])
        .deletingLastPathComponent().appending(path: "voxelnas")

    /// Runs a command and returns what it printed.
    @discardableResult private func voxelnas(_ arguments: String...) throws -> String {
        let process = Process()
        let (output, errors) = (Pipe(), try TemporaryFolder())
        let log = errors.file("stderr")
        try Data().write(to: URL(filePath: log))
        process.executableURL = Self.program
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = FileHandle(forWritingAtPath: log)
        try process.run()
        let printed = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            throw Failed(
                description: "voxelnas \(arguments.joined(separator: " ")): ended with "
                    + "\(process.terminationStatus)\n\(said.suffix(2000))")
        }
        return String(decoding: printed, as: UTF8.self)
    }

    /// A run of seconds.
    private static let settings = """
        name: commands
        data:
          format: paper-json
          root: .
          train: train.json
          test: test.json
          classes: {CP: 0, NCP: 1, Normal: 2}
          positive: NCP
        input: {depth: 8, height: 32, width: 32, normalization: unit, resizeRatio: 1}
        evaluationInput: {depth: 8, height: 32, width: 32}
        space:
          preset: custom
          widths: [8, 16]
          blocks: [1, 1]
          strides: [[1, 2, 2], [2, 2, 2]]
          stemStride: [1, 2, 2]
          featureChannels: 32
        search: {preset: paper, epochs: 1, paths: 1, microBatches: 2, microBatchSize: 4}
        evaluation: {candidates: 1, candidateEpochs: 1, epochs: 1, seeds: 1}

        """

    @Test("lead from phantoms to a report and a prediction")
    func mainJob() throws {
        let folder = try TemporaryFolder()
        let (scans, run) = (folder.file("scans"), folder.file("run"))
        try voxelnas(
            "data", "phantom", scans, "--layout", "clean-cc-ccii", "--patients", "8", "--size", "48"
        )
        try Data(Self.settings.utf8).write(to: URL(filePath: scans + "/run.yaml"))
        try voxelnas("search", scans + "/run.yaml", "--workers", "1", "--output", run)
        #expect(try voxelnas("status", run).contains("nothing runs"))
        #expect(try voxelnas("archive", run).contains("argmax"))
        try voxelnas("evaluate", run, "--workers", "1")
        let report = try String(contentsOfFile: run + "/evaluation/report.md", encoding: .utf8)
        #expect(report.contains("Research use only"))
        #expect(try voxelnas("predict", run, scans, "--json").contains("probabilities"))
        #expect(try voxelnas("card", run).contains("Research use only"))
        try voxelnas("export", "onnx", run, folder.file("model.onnx"))
    }
}
