import Foundation
import Runs
import SearchSpaces
import Tensors
import Training

/// A finished training on disk, so that an evaluation that was stopped goes on after it.
struct TrainedNetworkFile {
    /// Where it is.
    let path: String
    /// What it belongs to: configuration, data and plan.
    let key: String

    /// The training, or `nil` where there is none or it belongs to something else.
    func load() -> TrainedNetwork? {
        guard FileManager.default.fileExists(atPath: path),
            let checkpoint = try? Checkpoint(path: path), checkpoint.remarks["key"] == key,
            let code = checkpoint.remarks["architecture"],
            let architecture = Architecture(code: code),
            let history = checkpoint.remarks["history"],
            let epochs = try? JSONDecoder().decode(
                [TrainedNetwork.Epoch].self, from: Data(history.utf8)),
            let last = weights("last", in: checkpoint), let best = weights("best", in: checkpoint)
        else { return nil }
        return TrainedNetwork(architecture: architecture, last: last, best: best, history: epochs)
    }

    /// Writes a training.
    ///
    /// - Throws: `SafetensorsError` naming the file.
    func save(_ network: TrainedNetwork) throws {
        var checkpoint = Checkpoint()
        checkpoint.remarks = [
            "format": "voxelnas-training-1", "key": key, "architecture": network.architecture.code,
            "history": String(decoding: try JSONEncoder().encode(network.history), as: UTF8.self),
        ]
        for (name, weights) in [("last", network.last), ("best", network.best)] {
            checkpoint.sets["\(name).weights"] = weights.parameters
            checkpoint.sets["\(name).statistics"] = weights.statistics
            checkpoint.sets["\(name).logits"] = ParameterSet([
                Self.logits: weights.validationLogits
            ])
            checkpoint.integers["\(name).epoch"] = [Int64(weights.epoch)]
        }
        try checkpoint.write(to: path)
    }

    private static let logits = OperatorID("validation")

    private func weights(_ name: String, in checkpoint: Checkpoint) -> TrainedWeights? {
        guard let epoch = checkpoint.integers["\(name).epoch"]?.first,
            let parameters = checkpoint.sets["\(name).weights"],
            let statistics = checkpoint.sets["\(name).statistics"],
            let logits = checkpoint.sets["\(name).logits"]?[Self.logits]
        else { return nil }
        return TrainedWeights(
            epoch: Int(epoch), parameters: parameters, statistics: statistics,
            validationLogits: logits)
    }
}
