package import CTData
import Execution
import Foundation
import Graphs
import RunConfiguration
import SearchSpaces
import SearchStrategies
import Tensors
package import Training

/// A model file ready to look at scans, with the preprocessing that it was trained with.
///
/// Not to be used from two threads at a time, as the executor that it holds.
package final class SavedNetwork {
    /// The file's content.
    package let model: ModelFile
    /// Where it is.
    package let path: String
    private let graph: Graph
    private let executor: Executor

    /// Opens a model.
    ///
    /// - Parameters:
    ///   - path: A model file.
    ///   - threads: Threads that compute.
    /// - Throws: What is wrong with the file.
    package init(path: String, threads: Int = 1) throws {
        self.path = path
        model = try ModelFile(path: path)
        graph = try model.graph()
        executor = Executor(threads: threads)
    }

    /// The names of the classes.
    package var classNames: [String] { model.configuration.classNames }

    /// A scan as the network sees it.
    package struct PreparedScan: Sendable {
        /// The scan.
        package let scan: ScanReference
        /// The scan in memory.
        package let volumes: VolumeSet
        /// Normalised, `[D, H, W]`.
        package let input: [Float]
        /// The slices of the scan that it was made of; every index once in `physical` mode.
        package let slices: [Int]
    }

    /// Reads a scan and prepares it as in the evaluation.
    ///
    /// - Throws: `ShardError` naming the file.
    package func prepared(_ scan: ScanReference) throws -> PreparedScan {
        let settings = model.configuration.evaluationInput
        let volumes = try VolumeSet(reading: scan, root: "", input: settings)
        let loader = try BatchLoader(
            volumes, input: settings, seed: model.configuration.seed,
            statistics: model.intensities)
        return PreparedScan(
            scan: scan, volumes: volumes,
            input: try loader.batch(scans: [0], epoch: 0, augmented: false),
            slices: loader.slices(ofScan: 0, epoch: 0, augmented: false))
    }

    /// The mirrored views of a scan that the network was trained with, the plain one first.
    package var views: [MirroredView] {
        MirroredView.all(flips: model.configuration.evaluationInput.flips)
    }

    /// The mean logits of views of a prepared scan, one per class.
    ///
    /// - Throws: `ExecutionError`.
    package func logits(of input: [Float], views: [MirroredView]) throws -> [Float] {
        let size = graph.inputSize
        let all = try views.map { try logits(of: $0.mirrored(input, size: size)) }
        return (all.first ?? []).indices.map { index in
            all.reduce(0) { $0 + $1[index] / Float(all.count) }
        }
    }

    /// The logits of a prepared scan, one per class.
    ///
    /// - Throws: `ExecutionError`.
    package func logits(of input: [Float]) throws -> [Float] {
        try executor.predict(
            ExecutionPlan(graph: graph, batch: 1, mode: .inference), parameters: model.parameters,
            statistics: model.statistics, input: input
        ).logits.elements
    }

    /// What the mean decision on views of a prepared scan is made of.
    ///
    /// - Throws: `ExecutionError`.
    package func explanation(of input: [Float], views: [MirroredView]) throws -> Explanation {
        let size = graph.inputSize
        return try Explanation.mean(of: views) {
            try explanation(of: $0.mirrored(input, size: size))
        }
    }

    private func explanation(of input: [Float]) throws -> Explanation {
        let prediction = try executor.predict(
            ExecutionPlan(graph: graph, batch: 1, mode: .inference), parameters: model.parameters,
            statistics: model.statistics, input: input, wantsFeatures: true)
        return Explanation(
            graph: graph, parameters: model.parameters, input: input, prediction: prediction)
    }

    /// The probabilities of logits.
    package static func probabilities(_ logits: [Float]) -> [Double] {
        softmax(logits.map(Double.init))
    }
}

extension ModelFile {
    /// The model file that a path stands for: itself, or the first model of a run's folder.
    ///
    /// - Throws: ``Failure`` when a folder holds no model.
    package static func locate(_ path: String) throws -> String {
        let manager = FileManager.default
        guard (try? manager.contentsOfDirectory(atPath: path)) != nil else { return path }
        for folder in [path + "/evaluation", path] {
            let names = (try? manager.contentsOfDirectory(atPath: folder)) ?? []
            let models = names.filter { $0.hasPrefix("model-") && $0.hasSuffix(".safetensors") }
            if let first = models.sorted().first { return folder + "/" + first }
        }
        throw Failure.notAModel(
            path: path, found: "a folder without evaluation/model-*.safetensors")
    }
}
