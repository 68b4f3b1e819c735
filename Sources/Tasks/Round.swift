package import Tensors

/// Tasks that may run in any order and at the same time, between two updates of the model.
///
/// The caller keeps the parameters unchanged until the round has ended; a snapshot shares their
/// storage.
package struct Round: Sendable {
    /// The number of the round within the run.
    package let number: UInt64
    /// The tasks, by index from 0.
    package let tasks: [TaskDescription]
    /// The parameters of the round's model.
    package let parameters: ParameterSet
    /// A number per operator that changes whenever its block does, for workers' caches.
    package let versions: [OperatorID: UInt64]
    /// Batch-norm statistics for `predictions` tasks, per operator.
    package let statistics: ParameterSet
    /// The architecture logits, `[slots, operations]` in row-major order; empty where every task's
    /// network is fixed.
    package let alpha: [Float]

    /// A round.
    package init(
        number: UInt64, tasks: [TaskDescription], parameters: ParameterSet,
        versions: [OperatorID: UInt64], statistics: ParameterSet = ParameterSet(),
        alpha: [Float] = []
    ) {
        self.number = number
        self.tasks = tasks
        self.parameters = parameters
        self.versions = versions
        self.statistics = statistics
        self.alpha = alpha
    }
}

/// Something that has the tasks of a round computed: this process, or workers elsewhere.
package protocol RoundExecutor: Sendable {
    /// Computes every task once and hands over each verified result, in any order.
    ///
    /// - Parameters:
    ///   - round: The tasks and what they read.
    ///   - deliver: Called once per task, never twice at the same time.
    /// - Throws: What stops the run: cancellation, a poison task, an unrecoverable failure.
    func execute(
        _ round: Round, deliver: @escaping @Sendable (TaskResult) async throws -> Void
    ) async throws
}
