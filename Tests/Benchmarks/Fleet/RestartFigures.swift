import Foundation

/// How long a fleet takes to be back after its coordinator died.
struct RestartFigures: Encodable {
    var workers = 0
    /// From the death of the coordinator until every worker takes tasks again.
    var backSeconds = 0.0
    /// Seconds of a round afterwards, a task for each worker.
    var roundSeconds = 0.0

    static func measure(workers: Int) async throws -> RestartFigures {
        let fleet = try Fleet(workers: workers)
        defer { fleet.close() }
        var figures = RestartFigures(workers: workers)
        try await fleet.startWorkers()
        _ = try await fleet.round(0, tasks: workers, floats: 256)
        let start = ContinuousClock.now
        try await fleet.restartCoordinator()
        try await fleet.waitForAll()
        figures.backSeconds = elapsed(since: start)
        figures.roundSeconds = try await fleet.round(1, tasks: workers, floats: 256)
        return figures
    }
}
