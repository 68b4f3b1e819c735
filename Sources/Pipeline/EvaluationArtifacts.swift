import Models
package import CTData
import Drawings
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
    private let intensities: IntensityStatistics?
    private var folder: String { stage.directory.evaluationPath }

    /// The artifacts of a finished evaluation.
    ///
    /// - Parameters:
    ///   - stage: The evaluation.
    ///   - outcome: What it ended with.
    ///   - intensities: The training list's, where the normalisation wants them.
    package init(
        stage: EvaluationStage, outcome: EvaluationStage.Outcome,
        intensities: IntensityStatistics? = nil
    ) {
        self.stage = stage
        self.outcome = outcome
        self.intensities = intensities
    }

    /// Writes everything but activation maps.
    ///
    /// - Throws: `RunError` or `SafetensorsError` naming the file.
    package func write() throws {
        try stage.directory.createFolder(folder)
        if !outcome.predictions.isEmpty {
            try stage.directory.write(
                Data(TestPredictionsTable(outcome.predictions).csv.utf8),
                to: folder + "/predictions.csv")
        }
        for (index, training) in outcome.trainings.enumerated() {
            let weights = stage.chosenWeights(of: training)
            try ModelFile(
                architecture: outcome.architecture, configuration: stage.configuration,
                parameters: weights.parameters, statistics: weights.statistics,
                intensities: intensities,
                remarks: [
                    "run": stage.configuration.name, "shards": stage.data.fingerprint,
                    "data": try trainingData(),
                    "epoch": "\(weights.epoch)",
                    "seed": "\(stage.configuration.seed &+ UInt64(index))",
                ]
            ).write(to: "\(folder)/model-seed\(index + 1).safetensors")
        }
        try writeCurves()
        try stage.directory.write(
            Data(
                ArchitectureDrawing(
                    of: outcome.architecture, configuration: stage.configuration
                ).svg.utf8), to: folder + "/architecture.svg")
        let facts = try ModelCard.Facts(
            configuration: stage.configuration, architecture: outcome.architecture,
            seeds: outcome.trainings.count)
        try stage.directory.write(
            Data(ModelCard(outcome.report, facts: facts).markdown.utf8),
            to: folder + "/model-card.md")
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
            features: explained.features, classifier: explained.classifier, classIndex: predicted,
            grid: explained.grid)
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

    private func writeCurves() throws {
        let positive = stage.configuration.positiveClass
        let shown = outcome.predictions.filter {
            $0.checkpoint == stage.configuration.evaluation.checkpoint.rawValue
                && $0.model == EvaluationStage.foundName
        }
        guard !shown.isEmpty else { return }
        let title = "\(stage.configuration.name): test list"
        func write(_ picture: PixelImage, _ name: String) throws {
            try PNGEncoder.write(
                rgb: picture.rgb, width: picture.width, height: picture.height,
                to: "\(folder)/\(name).png")
        }
        let receiver = shown.compactMap { entry in
            ROCCurve(of: entry.predictions, positive: positive).map {
                (name: "seed \(entry.seed)", curve: $0)
            }
        }
        if !receiver.isEmpty {
            try write(CurveChart.rocCurves(receiver, title: title).picture(), "roc")
        }
        let precision = shown.compactMap { entry in
            PrecisionRecallCurve(of: entry.predictions, positive: positive).map {
                (name: "seed \(entry.seed)", curve: $0)
            }
        }
        if !precision.isEmpty {
            try write(
                CurveChart.precisionRecallCurves(precision, title: title).picture(),
                "precision-recall")
        }
        let named = shown.map { (name: "seed \($0.seed)", predictions: $0.predictions) }
        try write(CurveChart.calibration(named, title: title).picture(), "calibration")
        for entry in shown {
            try write(
                ConfusionMatrix(of: entry.predictions).picture(title: "Seed \(entry.seed)"),
                "confusion-seed\(entry.seed)")
        }
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
