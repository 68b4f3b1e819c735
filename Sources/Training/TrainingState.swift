import Foundation
import Optimizers
package import Runs
import SearchSpaces
import Tasks
import Tensors

/// A training between two steps: with its plan it determines the rest, to the bit.
package struct TrainingState: Sendable {
    /// The model, its optimiser's memory and its running statistics.
    package var model: TrainableModel
    /// Steps done.
    package var step = 0
    /// The next round.
    package var round: UInt64
    /// The mean loss of the epoch so far: the sum of the losses over the steps of an epoch.
    package var loss = 0.0
    /// The learning curve.
    package var history: [TrainedNetwork.Epoch] = []
    /// The weights at the last validation.
    package var last: TrainedWeights?
    /// The weights that were best on the validation scans.
    package var best: TrainedWeights?

    /// The start of a training.
    package init(_ plan: NetworkTrainer.Plan, round: UInt64) {
        model = TrainableModel(id: plan.id, operators: plan.operators, seed: plan.seed)
        model.statistics = ParameterSet(startingStatisticsOf: plan.operators)
        self.round = round
    }

    /// The state as it is saved.
    ///
    /// - Parameter key: What it belongs to: configuration, data and plan.
    /// - Returns: The checkpoint, sharing the state's storage.
    /// - Throws: `EncodingError` for a learning curve with a number that is not finite.
    package func checkpoint(key: String) throws -> Checkpoint {
        var checkpoint = Checkpoint()
        checkpoint.remarks = [
            "format": Self.format, "key": key, "model": model.id.name,
            "history": String(decoding: try JSONEncoder().encode(history), as: UTF8.self),
        ]
        checkpoint.integers["progress"] = [
            Int64(step), Int64(bitPattern: round), Int64(bitPattern: loss.bitPattern),
        ]
        checkpoint.sets["weights"] = model.parameters
        checkpoint.sets["statistics"] = model.statistics
        model.optimizerState.save(into: &checkpoint, as: "weights")
        for (name, weights) in [("last", last), ("best", best)] {
            weights?.save(into: &checkpoint, as: name)
        }
        return checkpoint
    }

    /// A saved state, or `nil` where the checkpoint is of another training or lacks a part.
    package init?(_ checkpoint: Checkpoint, key: String) {
        guard checkpoint.remarks["format"] == Self.format, checkpoint.remarks["key"] == key,
            let name = checkpoint.remarks["model"], let history = Self.history(checkpoint.remarks),
            let progress = checkpoint.integers["progress"], progress.count == 3,
            let weights = checkpoint.sets["weights"]
        else { return nil }
        step = Int(progress[0])
        round = UInt64(bitPattern: progress[1])
        loss = Double(bitPattern: UInt64(bitPattern: progress[2]))
        self.history = history
        model = TrainableModel(
            id: ModelID(name), parameters: weights,
            optimizerState: OptimizerState(checkpoint, from: "weights"), version: round)
        model.statistics = checkpoint.sets["statistics"] ?? ParameterSet()
        last = TrainedWeights(checkpoint, from: "last")
        best = TrainedWeights(checkpoint, from: "best")
        guard history.isEmpty || (last != nil && best != nil) else { return nil }
    }

    /// The learning curve in the remarks of a saved training, finished or not.
    package static func history(_ remarks: [String: String]) -> [TrainedNetwork.Epoch]? {
        remarks["history"].flatMap {
            try? JSONDecoder().decode([TrainedNetwork.Epoch].self, from: Data($0.utf8))
        }
    }

    private static let format = "voxelnas-unfinished-training-1"
}
