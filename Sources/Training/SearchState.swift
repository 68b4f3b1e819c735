package import Optimizers
package import Runs
package import SearchSpaces
package import SearchStrategies
import Tasks
package import Tensors

/// All that a search carries from step to step; with the configuration it determines the rest.
package struct SearchState: Sendable {
    /// Alpha.
    package var alpha: ArchitectureParameters
    /// Moments and step counter of alpha.
    package var alphaState: OptimizerState
    /// The shared-weight supernet.
    package var supernet: TrainableModel
    /// Steps done.
    package var step: Int
    /// Rounds done.
    package var round: UInt64
    /// The number of the epoch after the last whose candidates were scored.
    package var closedEpochs: Int
    /// Tasks of this epoch that are absent for want of a sound result.
    package var poisonedTasks: Int
    /// The digest of all this and of how it came about.
    package var root: StateRoot

    /// The start of a search.
    ///
    /// - Parameters:
    ///   - space: The space.
    ///   - operators: The supernet's operators.
    ///   - alphaDeviation: Of alpha's first logits.
    ///   - seed: The run's seed.
    ///   - digest: The configuration's digest.
    package init(
        space: SearchSpace, operators: [OperatorLayout], alphaDeviation: Double, seed: UInt64,
        digest: String
    ) {
        alpha = ArchitectureParameters(
            space: space, standardDeviation: alphaDeviation, seed: seed)
        alphaState = OptimizerState()
        supernet = TrainableModel(id: .supernet, operators: operators, seed: seed)
        step = 0
        round = 0
        closedEpochs = 0
        poisonedTasks = 0
        root = StateRoot(none: ())
        root = StateRoot(beginning: self, configuration: digest)
    }

    /// The operator under which alpha's update is kept.
    static let alphaOperator = OperatorID("alpha")

    private static let format = "voxelnas-search-2"
}

extension SearchState {
    /// Closes an epoch whose candidates were scored.
    ///
    /// - Parameters:
    ///   - epoch: The epoch, later than the last that was closed.
    ///   - count: Candidates that were scored, two rounds each.
    ///   - rows: All that the archive was given of them, for the root.
    package mutating func closeEpoch(_ epoch: Int, scoring count: Int, rows: [UInt8]) {
        precondition(epoch >= closedEpochs, "epochs are closed in order")
        round += 2 * UInt64(count)
        closedEpochs = epoch + 1
        root = root.after(candidates: rows, step: step, round: round)
    }

    /// The state as it is saved.
    ///
    /// - Parameter digest: The configuration's digest.
    /// - Returns: The checkpoint, sharing the state's storage.
    package func checkpoint(digest: String) -> Checkpoint {
        var checkpoint = Checkpoint()
        checkpoint.remarks = [
            "format": Self.format, "configuration": digest, "root": root.description,
        ]
        checkpoint.integers = [
            "progress": [
                Int64(step), Int64(bitPattern: round), Int64(closedEpochs), Int64(poisonedTasks),
            ],
            "shape": [Int64(alpha.slots), Int64(alpha.operations)],
        ]
        checkpoint.sets["weights"] = supernet.parameters
        checkpoint.sets["alpha"] = ParameterSet([Self.alphaOperator: alpha.logits])
        supernet.optimizerState.save(into: &checkpoint, as: "weights")
        alphaState.save(into: &checkpoint, as: "alpha")
        return checkpoint
    }

    /// A saved state.
    ///
    /// - Parameters:
    ///   - checkpoint: What ``checkpoint(digest:)`` gave.
    ///   - digest: The configuration's digest.
    ///   - path: The file, for errors.
    /// - Throws: `RunError` when it belongs to another configuration or parts are missing.
    package init(_ checkpoint: Checkpoint, digest: String, path: String) throws(RunError) {
        guard checkpoint.remarks["format"] == Self.format else {
            throw .damaged(
                path: path,
                reason: "its format is '\(checkpoint.remarks["format"] ?? "none")', expected "
                    + "'\(Self.format)'; was it saved by another version of voxelnas?")
        }
        guard let found = checkpoint.remarks["configuration"], found == digest else {
            throw .otherConfiguration(
                path: path, found: checkpoint.remarks["configuration"] ?? "none", expected: digest)
        }
        guard let progress = checkpoint.integers["progress"], progress.count == 4,
            let root = checkpoint.remarks["root"].flatMap(StateRoot.init(hexadecimal:)),
            let shape = checkpoint.integers["shape"], shape.count == 2,
            let weights = checkpoint.sets["weights"],
            let logits = checkpoint.sets["alpha"]?[Self.alphaOperator],
            logits.count == Int(shape[0] * shape[1])
        else { throw .damaged(path: path, reason: "a part of the saved search is missing") }
        step = Int(progress[0])
        round = UInt64(bitPattern: progress[1])
        closedEpochs = Int(progress[2])
        poisonedTasks = Int(progress[3])
        self.root = root
        alpha = ArchitectureParameters(
            slots: Int(shape[0]), operations: Int(shape[1]), logits: logits)
        alphaState = OptimizerState(checkpoint, from: "alpha")
        supernet = TrainableModel(
            id: .supernet, parameters: weights,
            optimizerState: OptimizerState(checkpoint, from: "weights"), version: round)
    }
}
