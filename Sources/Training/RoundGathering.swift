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

    /// The mean loss over all samples of the round.
    package var loss: Double {
        let samples = results.reduce(0) { $0 + $1.sampleCount }
        return results.reduce(0) { $0 + $1.loss * Double($1.sampleCount) } / Double(samples)
    }
}

extension RoundExecutor {
    /// Has a round computed and folds its gradients and statistics by the fixed tree.
    ///
    /// - Throws: What the executor throws.
    package func outcome(of round: Round) async throws -> RoundOutcome {
        let samples = round.tasks.reduce(0) { $0 + $1.batch.scans.count }
        let gathering = RoundGathering(taskCount: round.tasks.count, sampleCount: samples)
        try await execute(round) { try await gathering.take($0) }
        return await gathering.outcome()
    }
}

/// A task gave numbers that are infinite or not numbers; the weights were not touched by them.
package struct NonFiniteResult: Error, Hashable, CustomStringConvertible {
    /// The task.
    package let key: TaskKey
    /// The network that it ran.
    package let architecture: Architecture

    package var description: String {
        "task \(key) on network \(architecture) gave numbers that are not finite; lower the learning "
            + "rate, or set gradientClip"
    }
}

/// Takes results in any order and folds them by task index.
private actor RoundGathering {
    private struct Parts {
        var gradients: ParameterSet
        var statistics: ParameterSet
    }

    private let sampleCount: Int
    private var results: [TaskResult?]
    private var tree: FoldTree<Parts>

    init(taskCount: Int, sampleCount: Int) {
        self.sampleCount = sampleCount
        results = Array(repeating: nil, count: taskCount)
        tree = FoldTree(count: taskCount) { left, right in
            var sum = left
            sum.gradients.add(right.gradients)
            sum.statistics.add(right.statistics)
            return sum
        }
    }

    func take(_ result: TaskResult) throws(NonFiniteResult) {
        guard results[result.key.index] == nil else { return }
        guard result.loss.isFinite, result.gradients.isFinite, result.statistics.isFinite,
            result.slotProducts.allSatisfy(\.isFinite)
        else { throw NonFiniteResult(key: result.key, architecture: result.architecture) }
        let share = Float(Double(result.sampleCount) / Double(sampleCount))
        var parts = Parts(gradients: result.gradients, statistics: result.statistics)
        parts.gradients.scale(by: share)
        parts.statistics.scale(by: share)
        tree.insert(parts, at: result.key.index)
        results[result.key.index] = TaskResult(
            key: result.key, architecture: result.architecture, sampleCount: result.sampleCount,
            loss: result.loss, logits: result.logits, slotProducts: result.slotProducts)
    }

    func outcome() -> RoundOutcome {
        let parts = tree.result
        return RoundOutcome(
            results: results.compactMap(\.self), gradients: parts?.gradients ?? ParameterSet(),
            statistics: parts?.statistics ?? ParameterSet())
    }
}
