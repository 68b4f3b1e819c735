import Execution
import Models
package import RunConfiguration
import SearchSpaces

/// What a run asks of a worker's machine.
package struct WorkerNeeds: Hashable, Sendable {
    /// Bytes of one task of the search: of the most demanding path that repeats one operation.
    package let taskBytes: Int

    /// The needs of a run's search.
    ///
    /// - Throws: `ConfigurationError` when the space makes no sense.
    package init(configuration: RunConfiguration) throws {
        let space = try configuration.space.searchSpace()
        let supernet = CovidNet3DSupernet(space: space, classes: configuration.classCount)
        taskBytes =
            space.operations.indices.map { operation in
                let path = Architecture(
                    choices: Array(repeating: operation, count: space.slotCount))
                return ExecutionPlan(
                    graph: supernet.graph(of: path, input: configuration.input.size),
                    batch: configuration.search.microBatchSize, mode: .training
                ).peakBytes
            }.max() ?? 0
    }
}
