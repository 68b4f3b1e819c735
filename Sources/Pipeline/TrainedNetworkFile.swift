import Foundation
import Runs
import Safetensors
import SearchSpaces
import Tensors
import Training

/// A training on disk, so that an evaluation that was stopped goes on: a finished one is taken as it
/// is, an unfinished one from where it was saved.
struct TrainedNetworkFile {
    /// Where the finished training is; ends in `.safetensors`.
    let path: String
    /// What it belongs to: configuration, data and plan.
    let key: String
    /// The network: a search that went on may have found another one.
    let architecture: Architecture

    /// What an unfinished training belongs to.
    private var unfinishedKey: String { key + "/" + architecture.code }

    /// Where the unfinished training is.
    private var unfinishedPath: String { path.dropLast(".safetensors".count) + ".unfinished" }

    /// The training, or `nil` where there is none or it belongs to something else.
    func load() -> TrainedNetwork? {
        guard FileManager.default.fileExists(atPath: path),
            let checkpoint = try? Checkpoint(path: path), checkpoint.remarks["key"] == key,
            checkpoint.remarks["architecture"] == architecture.code,
            let history = TrainingState.history(checkpoint.remarks),
            let last = TrainedWeights(checkpoint, from: "last"),
            let best = TrainedWeights(checkpoint, from: "best")
        else { return nil }
        return TrainedNetwork(architecture: architecture, last: last, best: best, history: history)
    }

    /// Writes a training, which is no longer unfinished.
    ///
    /// - Throws: `SafetensorsError` naming the file.
    func save(_ network: TrainedNetwork) throws {
        var checkpoint = Checkpoint()
        checkpoint.remarks = [
            "format": "voxelnas-training-1", "key": key, "architecture": network.architecture.code,
            "history": String(decoding: try JSONEncoder().encode(network.history), as: UTF8.self),
        ]
        network.last.save(into: &checkpoint, as: "last")
        network.best.save(into: &checkpoint, as: "best")
        try checkpoint.write(to: path)
        try? FileManager.default.removeItem(atPath: unfinishedPath)
    }

    /// Where the training was saved unfinished, or `nil` where it was not, or is of something else.
    func loadUnfinished() -> TrainingState? {
        guard FileManager.default.fileExists(atPath: unfinishedPath),
            let checkpoint = try? Checkpoint(path: unfinishedPath)
        else { return nil }
        return TrainingState(checkpoint, key: unfinishedKey)
    }

    /// Epochs that the unfinished training holds; 0 where there is none.
    var unfinishedEpochs: Int {
        guard FileManager.default.fileExists(atPath: unfinishedPath),
            let file = try? SafetensorsFile(path: unfinishedPath),
            file.metadata["key"] == unfinishedKey
        else { return 0 }
        return TrainingState.history(file.metadata)?.last?.epoch ?? 0
    }

    /// Writes an unfinished training in place of the one before.
    ///
    /// - Throws: `SafetensorsError` naming the file.
    func save(unfinished state: TrainingState) throws {
        try state.checkpoint(key: unfinishedKey).write(to: unfinishedPath)
    }
}
