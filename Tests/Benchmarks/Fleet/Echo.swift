import SearchSpaces
import Tasks
import Tensors

/// Sends the parameters back as gradients.
struct Echo: TaskComputing {
    static let operators = [OperatorID("one")]

    static func needs(_ task: TaskDescription) -> TaskRequirements {
        TaskRequirements(architecture: Architecture(choices: [0]), operators: operators)
    }

    func requirements(of task: TaskDescription, alpha: [Float]) throws -> TaskRequirements {
        Self.needs(task)
    }

    func compute(
        _ task: TaskDescription, architecture: Architecture, parameters: ParameterSet,
        statistics: ParameterSet
    ) throws -> TaskResult {
        TaskResult(
            key: task.key, architecture: architecture, sampleCount: 4, loss: 1,
            gradients: parameters)
    }
}
