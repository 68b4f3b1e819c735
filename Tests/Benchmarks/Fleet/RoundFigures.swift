import Coordinator
import Foundation

/// How fast a fleet is admitted and served, and how long a heartbeat takes meanwhile.
struct RoundFigures: Encodable {
    var workers = 0
    var tasks = 0
    var floats = 0
    var admittedSeconds = 0.0
    var tasksPerSecond = 0.0
    var bestTasksPerSecond = 0.0
    var megabytesPerSecond = 0.0
    var controlP50Milliseconds = 0.0
    var controlP99Milliseconds = 0.0
    var controlSamples = 0
    var residentMegabytes = 0.0

    static func measure(
        workers: Int, tasks: Int, rounds: Int, floats: Int
    ) async throws -> RoundFigures {
        let fleet = try Fleet(workers: workers)
        defer { fleet.close() }
        var figures = RoundFigures(workers: workers, tasks: tasks, floats: floats)
        let pulse = try Pulse.start(beside: fleet)
        let start = ContinuousClock.now
        try await fleet.startWorkers()
        figures.admittedSeconds = elapsed(since: start)
        pulse.forget()
        var total = 0.0
        for number in 0..<UInt64(rounds) {
            let taken = try await fleet.round(number, tasks: tasks, floats: floats)
            total += taken
            figures.bestTasksPerSecond = max(figures.bestTasksPerSecond, Double(tasks) / taken)
        }
        figures.tasksPerSecond = Double(tasks * rounds) / total
        figures.megabytesPerSecond = figures.tasksPerSecond * Double(8 * floats) / 1e6
        let times = pulse.stop()
        figures.controlSamples = times.count
        if !times.isEmpty {
            figures.controlP50Milliseconds = 1000 * times[times.count / 2]
            figures.controlP99Milliseconds =
                1000 * times[min(times.count - 1, times.count * 99 / 100)]
        }
        figures.residentMegabytes = Double(try await fleet.executor.status().residentBytes) / 1e6
        return figures
    }
}
