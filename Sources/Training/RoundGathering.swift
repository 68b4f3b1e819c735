import FailPoints
package import SearchSpaces
package import Tasks
package import Tensors

/// What a round yields once every task is in.
package struct RoundOutcome: Sendable {
    /// The results in task order, without the gradients and statistics that were folded.
    package let results: [TaskResult]
    /// The sum over tasks of `n_m / n` times the gradient; operators that no task touched are
    /// absent.
    package let gradients: ParameterSet
    /// The same sum of the batch-norm statistics.
    package let statistics: ParameterSet
    /// What was wrong with tasks that are absent from the sums, by index.
    package let faults: [Int: String]

    /// The mean loss over the samples of the tasks that count; 0 when there is none.
    package var loss: Double {
        let sound = results.filter { faults[$0.key.index] == nil }
        let samples = sound.reduce(0) { $0 + $1.sampleCount }
        guard samples > 0 else { return 0 }
        return sound.reduce(0) { $0 + $1.loss * Double($1.sampleCount) } / Double(samples)
    }
}

extension RoundExecutor {
    /// Has a round computed and folds its gradients and statistics by the fixed tree.
    ///
    /// - Parameters:
    ///   - round: The round.
    ///   - toleratesFaults: Whether a task without a sound result may be absent from the sums.
    /// - Returns: The sums and what belongs to each task.
    /// - Throws: What the executor throws, and ``UnsoundResult``.
    package func outcome(
        of round: Round, toleratingFaults toleratesFaults: Bool = false
    ) async throws -> RoundOutcome {
        let samples = round.tasks.reduce(0) { $0 + $1.batch.scans.count }
        let gathering = RoundGathering(
            taskCount: round.tasks.count, sampleCount: samples, toleratesFaults: toleratesFaults)
        try await execute(round) { try await gathering.take($0) }
        return await gathering.outcome()
    }
}

/// A task gave numbers that are not finite or absurd; the weights were not touched by them.
package struct UnsoundResult: Error, Hashable, CustomStringConvertible {
    /// The task.
    package let key: TaskKey
    /// The network that it ran.
    package let architecture: Architecture
    /// What is wrong.
    package let reason: String

    package var description: String {
        "task \(key) on network \(architecture): \(reason); lower the learning rate, or set "
            + "gradientClip"
    }
}

/// Takes results in any order and folds them by task index.
private actor RoundGathering {
    private struct Parts {
        var gradients: ParameterSet
        var statistics: ParameterSet
    }

    private let sampleCount: Int
    private let toleratesFaults: Bool
    private var faults: [Int: String] = [:]
    private var results: [TaskResult?]
    private var tree: FoldTree<Parts>

    init(taskCount: Int, sampleCount: Int, toleratesFaults: Bool) {
        self.sampleCount = sampleCount
        self.toleratesFaults = toleratesFaults
        results = Array(repeating: nil, count: taskCount)
        tree = FoldTree(count: taskCount) { left, right in
            var sum = left
            sum.gradients.add(right.gradients)
            sum.statistics.add(right.statistics)
            return sum
        }
    }

    func take(_ result: TaskResult) throws(UnsoundResult) {
        guard results[result.key.index] == nil else { return }
        let fault = result.fault
        if let fault {
            guard toleratesFaults else {
                throw UnsoundResult(
                    key: result.key, architecture: result.architecture, reason: fault)
            }
            faults[result.key.index] = fault
        }
        let share = Float(Double(result.sampleCount) / Double(sampleCount))
        // A task without a sound result adds nothing, as if no operator had been touched.
        var parts =
            fault == nil
            ? Parts(gradients: result.gradients, statistics: result.statistics)
            : Parts(gradients: ParameterSet(), statistics: ParameterSet())
        parts.gradients.scale(by: share)
        parts.statistics.scale(by: share)
        tree.insert(parts, at: result.key.index)
        results[result.key.index] = TaskResult(
            key: result.key, architecture: result.architecture, sampleCount: result.sampleCount,
            loss: fault == nil ? result.loss : 0, logits: fault == nil ? result.logits : [],
            slotProducts: fault == nil ? result.slotProducts : [])
        FailPoint.resultFolded.pass()
    }

    func outcome() -> RoundOutcome {
        let parts = tree.result
        return RoundOutcome(
            results: results.compactMap(\.self), gradients: parts?.gradients ?? ParameterSet(),
            statistics: parts?.statistics ?? ParameterSet(), faults: faults)
    }
}
