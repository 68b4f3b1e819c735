package import Evaluation
import Graphs
import Models
package import RunConfiguration
package import SearchSpaces

extension ModelCard.Facts {
    /// What a run's settings say of its models.
    ///
    /// - Parameters:
    ///   - configuration: The settings.
    ///   - architecture: The found network.
    ///   - seeds: How often it was trained.
    /// - Throws: `ConfigurationError` when the space makes no sense.
    package init(
        configuration: RunConfiguration, architecture: Architecture, seeds: Int
    ) throws {
        let space = try configuration.space.searchSpace()
        let input = configuration.evaluationInput
        let cost = CovidNet3DSupernet(space: space, classes: configuration.classCount)
            .graph(of: architecture, input: input.size).cost
        let operations = architecture.operations(in: space).map(\.description)
        var cells: [(name: String, operations: [String])] = []
        var first = 0
        for (index, cell) in space.cells.enumerated() {
            cells.append(
                (
                    "\(index + 1) (\(cell.width) channels)",
                    Array(operations[first..<(first + cell.blocks)])
                ))
            first += cell.blocks
        }
        let millions = (Double(cost.multiplyAdds) / 1e5).rounded() / 10
        self.init(
            model: [
                ("Architecture", "`\(architecture.code)`"),
                ("Parameters", "\(cost.parameters)"),
                ("Size", "\((cost.megabytes * 100).rounded() / 100) MB (float32)"),
                ("Multiply-adds", "\(millions) million per scan"),
                ("Input", "\(input.size) voxels"),
                ("Configuration", "`\(configuration.digest)`"),
            ], cells: cells, preprocessing: Self.preprocessing(input),
            training: Self.training(configuration, seeds: seeds),
            files: (1...max(seeds, 1)).map { "model-seed\($0).safetensors" },
            choosesBestEpoch: configuration.evaluation.checkpoint == .bestValidation)
    }

    private static func preprocessing(_ input: InputConfiguration) -> [String] {
        let size = "\(input.height)×\(input.width)"
        let cut: [String] =
            switch input.mode {
            case .slices:
                [
                    "\(input.depth) slices of the scan (`\(input.evaluationSlices.rawValue)`), each "
                        + "resized to \(input.resizeRatio) times \(size) whatever its aspect ratio "
                        + "and cropped to the middle."
                ]
            case .physical:
                [
                    "A block of \(input.size) voxels about the scan's centre, resampled to "
                        + input.spacingInMillimetres.map { "\($0)" }.joined(separator: " × ")
                        + " mm; padding is the low end of the window."
                ]
            }
        let normalization: String =
            switch input.normalization {
            case .zScore: "each volume minus its mean, over its standard deviation"
            case .unit: "left as the window makes them, from 0 to 1"
            case .dataset: "minus the training list's mean, over its standard deviation"
            }
        return cut + [
            "Window \(input.window[0]) to \(input.window[1]) HU"
                + (input.rawRange.isEmpty
                    ? "; pictures by their full range."
                    : "; pictures \(input.rawRange[0]) to \(input.rawRange[1])."),
            "Intensities are \(normalization).",
        ]
    }

    private static func training(_ configuration: RunConfiguration, seeds: Int) -> [String] {
        let settings = configuration.evaluation
        let optimizer = settings.optimizer
        return [
            "From scratch, \(settings.epochs) epochs, \(seeds) seeds "
                + "(\(configuration.seed) and following).",
            "\(optimizer.method.rawValue), learning rate \(optimizer.learningRate) to "
                + "\(optimizer.finalLearningRate), weight decay \(optimizer.weightDecay), "
                + "\(settings.microBatches * settings.microBatchSize) scans per step.",
            "Dropout \(settings.dropout), label smoothing \(settings.labelSmoothing), flips "
                + "\(configuration.evaluationInput.flips), shifts "
                + "\(configuration.evaluationInput.shifts) voxels (depth, height, width).",
            settings.checkpoint == .bestValidation
                ? "The epoch was chosen by the ROC-AUC on the validation split."
                : "The weights are those of the last epoch; nothing was chosen.",
        ]
    }
}
