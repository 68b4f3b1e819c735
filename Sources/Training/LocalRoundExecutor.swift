import Dispatch
package import Tasks
import Tensors

/// Computes rounds in this process, task after task: the reference that every distributed run must
/// equal bit for bit.
package struct LocalRoundExecutor: RoundExecutor {
    private let computing: any TaskComputing
    private let queue = DispatchQueue(label: "voxelnas.local-tasks")

    /// An executor over some arithmetic.
    package init(_ computing: any TaskComputing) {
        self.computing = computing
    }

    package func execute(
        _ round: Round, deliver: @escaping @Sendable (TaskResult) async throws -> Void
    ) async throws {
        for task in round.tasks {
            try Task.checkCancellation()
            try await deliver(result(of: task, in: round))
        }
    }

    /// Computes on a queue of our own: a task lasts seconds and would starve the shared pool.
    private func result(of task: TaskDescription, in round: Round) async throws -> TaskResult {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { [computing] in
                continuation.resume(
                    with: Result {
                        let needs = try computing.requirements(of: task, alpha: round.alpha)
                        func part(_ set: ParameterSet, _ operators: [OperatorID]) -> ParameterSet {
                            ParameterSet(
                                Dictionary(
                                    uniqueKeysWithValues: operators.compactMap { id in
                                        set[id].map { (id, $0) }
                                    }))
                        }
                        return try computing.compute(
                            task, architecture: needs.architecture,
                            parameters: part(round.parameters, needs.operators),
                            statistics: part(round.statistics, needs.statistics))
                    })
            }
        }
    }
}
