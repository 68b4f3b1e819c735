import Execution
import Graphs
import SearchSpaces
import Tasks
import Tensors

extension Executor {
    /// Runs the forward and, where the task wants it, the backward pass of a task.
    func result(
        of task: TaskDescription, architecture: Architecture, graph: Graph,
        parameters: ParameterSet, statistics: ParameterSet, input: [Float], labels: [Int],
        seed: UInt64
    ) throws -> TaskResult {
        fatalError()
    }
}
