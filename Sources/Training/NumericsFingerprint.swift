import Digests
import Execution
import Models
import SearchSpaces
import Tensors

/// A digest of what this build's arithmetic yields on this processor.
///
/// Two workers with the same fingerprint give the same bits for every task; the coordinator refuses
/// others, because a result must not depend on who computed it.
package enum NumericsFingerprint {
    /// Runs one forward and backward pass with every operation of the catalogue, on awkward sizes.
    ///
    /// - Returns: Hexadecimal digits.
    /// - Throws: `ExecutionError` when graph and engine disagree, which is a bug.
    package static func measured() throws -> String {
        let space = SearchSpace(
            cells: [
                .init(width: 24, blocks: 4, stride: VolumeSize(2, 1, 2)),
                .init(width: 40, blocks: 4, stride: VolumeSize(1, 2, 2)),
            ], stemStride: VolumeSize(1, 2, 2), featureChannels: 72)
        let supernet = CovidNet3DSupernet(space: space, classes: 3)
        let path = Architecture(choices: Array(space.operations.indices))
        let plan = ExecutionPlan(
            graph: supernet.graph(of: path, input: VolumeSize(5, 19, 22)), batch: 3,
            mode: .training)
        var stream = RandomStream(seed: 1, name: "fingerprint")
        let step = try Executor(threads: 1).trainingStep(
            plan,
            parameters: ParameterSet(
                initializing: supernet.operators(of: path), seed: 1, model: "fingerprint"),
            input: (0..<plan.inputCount).map { _ in Float(stream.nextNormal()) },
            labels: [0, 1, 2],
            dropout: Dropout(
                rate: 0.5, stream: RandomStream(seed: 1, name: "fingerprint/dropout")),
            wanted: [.gradients, .slotProducts])
        var hash = SHA256()
        hash.update(step.logits.elements)
        hash.update(step.slotProducts)
        for set in [step.gradients ?? ParameterSet(), step.statistics] {
            for id in set.operators { hash.update(set[id] ?? []) }
        }
        return hexadecimal(hash.finalize())
    }
}
