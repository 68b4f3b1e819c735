import Optimizers
package import Runs
import Tensors

extension TrainedWeights {
    private static let logits = OperatorID("validation")

    /// Puts the weights of an epoch into a checkpoint.
    package func save(into checkpoint: inout Checkpoint, as name: String) {
        checkpoint.sets["\(name).weights"] = parameters
        checkpoint.sets["\(name).statistics"] = statistics
        checkpoint.sets["\(name).logits"] = ParameterSet([Self.logits: validationLogits])
        checkpoint.integers["\(name).epoch"] = [Int64(epoch)]
    }

    /// The weights that a checkpoint holds under a name, or `nil` where a part is missing.
    package init?(_ checkpoint: Checkpoint, from name: String) {
        guard let epoch = checkpoint.integers["\(name).epoch"]?.first,
            let parameters = checkpoint.sets["\(name).weights"],
            let logits = checkpoint.sets["\(name).logits"]?[Self.logits]
        else { return nil }
        self.init(
            epoch: Int(epoch), parameters: parameters,
            statistics: checkpoint.sets["\(name).statistics"] ?? ParameterSet(),
            validationLogits: logits)
    }
}

extension OptimizerState {
    /// Puts the moments and step counters of a model into a checkpoint.
    func save(into checkpoint: inout Checkpoint, as name: String) {
        checkpoint.sets["first.\(name)"] = ParameterSet(entries.mapValues(\.first))
        checkpoint.sets["second.\(name)"] = ParameterSet(entries.mapValues(\.second))
        for (id, entry) in entries {
            checkpoint.integers["steps.\(name).\(id)"] = [Int64(entry.step)]
        }
    }

    /// The moments and step counters that a checkpoint holds of a model.
    init(_ checkpoint: Checkpoint, from name: String) {
        self.init()
        let first = checkpoint.sets["first.\(name)"] ?? ParameterSet()
        let second = checkpoint.sets["second.\(name)"] ?? ParameterSet()
        for (id, moment) in first.blocks {
            entries[id] = Entry(
                first: moment, second: second[id] ?? [],
                step: Int(checkpoint.integers["steps.\(name).\(id)"]?.first ?? 0))
        }
    }
}
