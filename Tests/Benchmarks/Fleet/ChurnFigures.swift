import Coordinator
import Foundation
import ProcessMeters
import Synchronization

/// What a long life with workers that come and go does to memory and descriptors.
struct ChurnFigures: Encodable {
    var seconds = 0
    /// Workers that were killed while another one joined.
    var replaced = 0
    var rounds = 0
    /// The coordinator's; of the line through the samples of the last two thirds.
    var mebibytesPerHour = 0.0
    var residentMebibytes = 0.0
    var descriptorsAfterWarmUp = 0
    var descriptorsAtEnd = 0
    /// Once a minute, in MiB.
    var samples: [Double] = []

    /// A worker joins and one is killed every second, while round follows round.
    static func measure(for duration: Int, workers: Int) async throws -> ChurnFigures {
        let fleet = try Fleet(workers: workers)
        defer { fleet.close() }
        var figures = ChurnFigures(seconds: duration)
        var marks: [(time: Double, resident: Double)] = []
        try await fleet.startWorkers()
        try await withThrowingDiscardingTaskGroup { group in
            let rounds = Mutex(0)
            let executor = fleet.executor
            group.addTask {
                for number in (0 as UInt64)... {
                    guard !Task.isCancelled else { return }
                    let done: Void? = try? await Self.round(number, of: workers, on: executor)
                    if done == nil { return }
                    rounds.withLock { $0 += 1 }
                }
            }
            let start = ContinuousClock.now
            while elapsed(since: start) < Double(duration) {
                try await Task.sleep(for: .seconds(1))
                fleet.replaceOldest()
                figures.replaced += 1
                marks.append((elapsed(since: start), residentMebibytes()))
                if figures.replaced % 60 == 0 { figures.samples.append(residentMebibytes()) }
                if elapsed(since: start) < Double(duration) / 3 {
                    figures.descriptorsAfterWarmUp = descriptors()
                }
            }
            figures.rounds = rounds.withLock { $0 }
            figures.descriptorsAtEnd = descriptors()
            figures.residentMebibytes = residentMebibytes()
            group.cancelAll()
        }
        figures.mebibytesPerHour = 3600 * slope(marks.suffix(2 * marks.count / 3))
        return figures
    }

    private static func round(
        _ number: UInt64, of tasks: Int, on executor: DistributedRoundExecutor
    ) async throws {
        _ = try await Fleet.round(number, tasks: tasks, floats: 256, on: executor)
        try await Task.sleep(for: .milliseconds(50))
    }

    private static func residentMebibytes() -> Double {
        Double(ProcessMemory.residentBytes ?? 0) / 1_048_576
    }

    private static func descriptors() -> Int {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []).count
    }

    /// Of the least-squares line.
    private static func slope(_ marks: ArraySlice<(time: Double, resident: Double)>) -> Double {
        let count = Double(marks.count)
        let time = marks.reduce(0) { $0 + $1.time } / count
        let level = marks.reduce(0) { $0 + $1.resident } / count
        let above = marks.reduce(0) { $0 + ($1.time - time) * ($1.resident - level) }
        return above / marks.reduce(0) { $0 + ($1.time - time) * ($1.time - time) }
    }
}
