import Foundation
import Worker

/// What a long life with workers that come and go does to memory and descriptors.
struct ChurnFigures: Encodable {
    var seconds = 0
    var joined = 0
    var killed = 0
    var rounds = 0
    /// Of the line through the samples of the last two thirds.
    var mebibytesPerHour = 0.0
    var residentMebibytes = 0.0
    var descriptorsAfterWarmUp = 0
    var descriptorsAtEnd = 0
    /// Once a minute, in MiB.
    var samples: [Double] = []

    /// A worker joins and one is killed every second, while round follows round.
    static func measure(for duration: Int, workers: Int) async throws -> ChurnFigures {
        let fleet = try Fleet(atMost: workers + 2)
        defer { fleet.close() }
        var figures = ChurnFigures(seconds: duration)
        var marks: [(time: Double, resident: Double)] = []
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<workers {
                let loop = try fleet.makeWorker()
                group.addTask { _ = try? await loop.run() }
            }
            try await fleet.waitForActive(workers)
            let start = ContinuousClock.now
            var next = 1.0
            var number: UInt64 = 0
            while elapsed(since: start) < Double(duration) {
                if elapsed(since: start) >= next {
                    next += 1
                    fleet.killOldest()
                    let loop = try fleet.makeWorker()
                    group.addTask { _ = try? await loop.run() }
                    figures.killed += 1
                    figures.joined += 1
                    marks.append((elapsed(since: start), residentMebibytes()))
                    if figures.killed % 60 == 0 { figures.samples.append(residentMebibytes()) }
                    if figures.killed == duration / 3 {
                        figures.descriptorsAfterWarmUp = descriptors()
                    }
                }
                _ = try await fleet.round(number, tasks: workers, floats: 256)
                number += 1
                try await Task.sleep(for: .milliseconds(100))
            }
            figures.rounds = Int(number)
            figures.descriptorsAtEnd = descriptors()
            figures.residentMebibytes = residentMebibytes()
            fleet.close()
            group.cancelAll()
            while let result = await group.nextResult() { _ = result }
        }
        figures.mebibytesPerHour = 3600 * slope(marks.suffix(2 * marks.count / 3))
        return figures
    }

    private static func elapsed(since start: ContinuousClock.Instant) -> Double {
        (ContinuousClock.now - start) / .seconds(1)
    }

    private static func residentMebibytes() -> Double {
        let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?
            .split(separator: " ")
        return Double(fields?.dropFirst().first.flatMap { Int($0) } ?? 0) * 4096 / 1_048_576
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
