import Foundation
import Pipeline
import Runs
import Tasks
import Training

/// Who computes the rounds of a run: this process.
struct Fleet: RoundExecutor {
    private let executor: LocalRoundExecutor

    init(briefing: WorkerBriefing, workers: Int, directory: RunDirectory, address: String)
        async throws
    {
        executor = LocalRoundExecutor(try briefing.taskRunner(threads: max(1, 1)))
    }

    func execute(
        _ round: Round, deliver: @escaping @Sendable (TaskResult) async throws -> Void
    ) async throws {
        try await executor.execute(round, deliver: deliver)
    }

    func close() async {}
}
