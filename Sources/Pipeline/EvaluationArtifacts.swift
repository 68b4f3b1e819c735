import Models
import CTData
import Evaluation
import Foundation
import ImageCodecs
import RunConfiguration
import Runs
import SearchSpaces
import Tensors
package import Training

/// Writes what an evaluation leaves: report, predictions, models, pictures.
package struct EvaluationArtifacts: Sendable {
    private let stage: EvaluationStage
    private let outcome: EvaluationStage.Outcome
    private var folder: String { stage.directory.evaluationPath }

    /// The artifacts of a finished evaluation.
    package init(stage: EvaluationStage, outcome: EvaluationStage.Outcome) {
        self.stage = stage
        self.outcome = outcome
    }

    /// Writes everything but activation maps.
    ///
    /// - Throws: `RunError` or `SafetensorsError` naming the file.
    package func write() throws {
        try stage.directory.createFolder(folder)
        if !outcome.predictions.isEmpty {
            try stage.directory.write(
                Data(predictionTable.utf8), to: folder + "/predictions.csv")
        }
        for (index, training) in outcome.trainings.enumerated() {
            let weights = stage.chosenWeights(of: training)
            try ModelFile(
                architecture: outcome.architecture, configuration: stage.configuration,
                parameters: weights.parameters, statistics: weights.statistics
            ).write(
                to: "\(folder)/model-seed\(index + 1).safetensors",
                operators: stage.supernet.operators(of: outcome.architecture),
                remarks: [
                    "shards": stage.data.fingerprint, "epoch": "\(weights.epoch)",
                    "data": try trainingData(),
                ])
        }
        try writeCurves()
        try stage.directory.write(
            Data((outcome.report.markdown() + "\n").utf8), to: folder + "/report.md")
        try stage.directory.write(try outcome.report.json(), to: folder + "/report.json")
    }

    /// The fingerprint of the scans that models were fitted to, as JSON.
    private func trainingData() throws -> String {
        guard let volumes = stage.data.volumes[.evaluation] else { return "" }
        return try DataFingerprint(volumes, scans: stage.data.fittingScans).json()
    }

    /// Writes a montage of the class activation map of one scan.
    ///
    /// - Parameters:
    ///   - scan: The index of the scan.
    ///   - runner: Computes the map in this process.
    /// - Returns: The picture's path.
    /// - Throws: An error naming the file.
    package func writeActivationMap(ofScan scan: Int, with runner: TaskRunner) throws -> String {
        guard let training = outcome.trainings.first else {
            preconditionFailure("an evaluation trains the found network once or more")
        }
        let weights = stage.chosenWeights(of: training)
        let explained = try runner.explanation(
            ofScan: scan, volumes: .evaluation, architecture: outcome.architecture,
            parameters: weights.parameters, statistics: weights.statistics)
        let probabilities = ScanScores(
            logits: explained.logits, labels: [0],
            classCount: stage.configuration.classCount, positiveClass: 0
        ).probabilities[0]
        let predicted = probabilities.indices.reduce(0) {
            probabilities[$1] > probabilities[$0] ? $1 : $0
        }
        let map = try ClassActivationMap(
            features: explained.features, classifier: explained.classifier, classIndex: predicted)
        let reference = stage.data.scans[scan]
        let isUnit = stage.configuration.evaluationInput.normalization == .unit
        let low = explained.volume.elements.min() ?? 0
        let high = explained.volume.elements.max() ?? 1
        let overlay = try HeatmapOverlay(
            of: map, over: explained.volume,
            window: isUnit
                ? .unitInterval : GreyWindow(black: low, white: max(high, low + 1e-3), unit: ""))
        let picture = SliceMontage(
            overlay,
            caption: .init(
                scan: reference.id, explainedClass: stage.configuration.classNames[predicted],
                probability: probabilities[predicted],
                label: stage.configuration.classNames[reference.classIndex],
                leftMark: stage.data.isOriented(scan) ? "R" : nil)
        ).picture()
        let name = String(reference.id.map { $0.isLetter || $0.isNumber || $0 == "-" ? $0 : "_" })
        let path = "\(folder)/cam-\(scan)-\(name).png"
        try PNGEncoder.write(
            rgb: picture.rgb, width: picture.width, height: picture.height, to: path)
        return path
    }

    /// One row per scan of the test list and trained model.
    private var predictionTable: String {
        var lines: [String] = []
        for entry in outcome.predictions {
            let rows = entry.predictions.csv.split(separator: "\n")
            if lines.isEmpty { lines.append("model,seed,checkpoint," + rows[0]) }
            lines += rows.dropFirst().map {
                "\(entry.model),\(entry.seed),\(entry.checkpoint),\($0)"
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func writeCurves() throws {
        let positive = stage.configuration.positiveClass
        let shown = outcome.predictions.filter {
            $0.checkpoint == stage.configuration.evaluation.checkpoint.rawValue
                && $0.model == EvaluationStage.foundName
        }
        let curves = shown.compactMap { entry in
            ROCCurve(of: entry.predictions, positive: positive).map {
                (name: "seed \(entry.seed)", curve: $0)
            }
        }
        guard !curves.isEmpty else { return }
        let picture = CurveChart.rocCurves(
            curves, title: "\(stage.configuration.name): test list",
            notes: ["Research use only"]
        ).picture()
        try PNGEncoder.write(
            rgb: picture.rgb, width: picture.width, height: picture.height,
            to: folder + "/roc.png")
    }
}

extension EvaluationStage {
    /// The weights that the results are about.
    package func chosenWeights(of training: TrainedNetwork) -> TrainedWeights {
        switch configuration.evaluation.checkpoint {
        case .bestValidation: training.best
        case .last: training.last
        }
    }
}
