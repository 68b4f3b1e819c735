package import SearchSpaces
package import Tensors

/// What must be at hand before a task can run.
package struct TaskRequirements: Hashable, Sendable {
    /// The network, sampled or given.
    package let architecture: Architecture
    /// The operators whose parameters the task reads, in sum order.
    package let operators: [OperatorID]
    /// The operators whose batch-norm statistics are read too, in sum order.
    package let statistics: [OperatorID]

    /// Requirements of a task.
    package init(
        architecture: Architecture, operators: [OperatorID], statistics: [OperatorID] = []
    ) {
        self.architecture = architecture
        self.operators = operators
        self.statistics = statistics
    }
}

/// The arithmetic of tasks, without any knowledge of where parameters come from.
package protocol TaskComputing: Sendable {
    /// Samples the task's network and names the parameters that it reads.
    ///
    /// - Throws: An error when the task does not belong to this run's search space.
    func requirements(of task: TaskDescription, alpha: [Float]) throws -> TaskRequirements

    /// Computes the task. Blocks for as long as it takes; never called on the shared thread pool.
    ///
    /// - Throws: An error when data cannot be read; never for numerical reasons.
    func compute(
        _ task: TaskDescription, architecture: Architecture, parameters: ParameterSet,
        statistics: ParameterSet
    ) throws -> TaskResult
}
