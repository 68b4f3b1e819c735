import ArgumentParser
import CTData
import Foundation
import Pipeline
import SearchSpaces

/// `voxelnas predict`.
struct PredictCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Classifies one scan or every scan of a folder with a saved model.",
        discussion: """
            Research use only. A scan is a NIfTI file, a DICOM series or a folder of PNG or TIFF \
            slices; each is prepared as the model's run prepared its test list. A scan that cannot \
            be read gets a line that says why, the others go on, and the command ends with 65.
            """)

    @Argument(help: "A model file, or a run directory for the first of its models.")
    var model: String
    @Argument(help: "A scan, or a folder with scans at any depth.") var scans: String
    @Flag(help: "Print JSON.") var json = false
    @Flag(help: "Print a table with commas.") var csv = false
    @Option(help: "Threads.") var threads = 1

    func validate() throws {
        guard !(json && csv) else { throw ValidationError("--json or --csv, not both") }
        guard (1...1024).contains(threads) else {
            throw ValidationError("--threads takes 1 to 1024")
        }
    }

    /// The answer as JSON.
    private struct Answer: Encodable {
        let use: String
        let model: String
        let architecture: String
        let classes: [String]
        let predictions: [ScanPrediction]
    }

    func run() async throws {
        try await explainingFailures {
            let network = try SavedNetwork(path: ModelFile.locate(model), threads: threads)
            let found = try ScanFinder.scans(at: scans)
            let classes = network.classNames
            if csv {
                FileHandle.standardError.write(Data("\(ModelFile.notice)\n".utf8))
                print(ScanPrediction.csvHeader(classes: classes))
            }
            var predictions: [ScanPrediction] = []
            for scan in found {
                let prediction = ScanPrediction(of: scan, by: network)
                predictions.append(prediction)
                if csv { print(prediction.csvRow(classes: classes.count)) }
            }
            if json {
                try printJSON(
                    Answer(
                        use: ModelFile.notice, model: network.path,
                        architecture: network.model.architecture.code, classes: classes,
                        predictions: predictions))
            } else if !csv {
                Self.show(predictions, classes: classes)
            }
            if predictions.contains(where: { $0.error != nil }) { throw ExitCode.badData }
        }
    }

    private static func show(_ predictions: [ScanPrediction], classes: [String]) {
        print(ModelFile.notice)
        var table = Table(row: ["scan", "prediction"] + classes.map { "P(\($0))" })
        for prediction in predictions {
            guard let probabilities = prediction.probabilities else { continue }
            table.append(
                row: [prediction.scan, prediction.predicted ?? ""]
                    + probabilities.map { String(format: "%.3f", $0) })
        }
        if predictions.contains(where: { $0.error == nil }) { print(table.text) }
        for prediction in predictions {
            guard let error = prediction.error else { continue }
            FileHandle.standardError.write(Data("voxelnas: \(error)\n".utf8))
        }
    }
}
