import Evaluation
import Foundation
import Testing

@Suite("A benchmark's table")
struct BenchmarkTableTests {
    private func entry(_ name: String, _ seeds: [UInt64]) throws -> BenchmarkTable.Entry {
        BenchmarkTable.Entry(
            name: name, note: "test",
            cost: .init(
                parameters: 1_048_576, megabytes: 4, multiplyAdds: 2_000_000_000,
                latencySeconds: 0.0125), epochs: seeds.map { Int($0) },
            predictions: try seeds.map { try Samples.cohort(patients: 30, scans: 2, seed: $0) })
    }

    private func table(_ entries: [BenchmarkTable.Entry]) -> BenchmarkTable {
        BenchmarkTable(
            runName: "test", input: "8×32×32", checkpoint: "best-validation", testOpenings: 1,
            positive: 1, entries: entries, plan: BootstrapPlan(resamples: 300, seed: 2))
    }

    @Test("has means and deviations over seeds")
    func means() throws {
        let entry = try entry("one", [3, 4, 5])
        let row = table([entry]).rows[0]
        let areas = try entry.predictions.map {
            try #require(
                ROCCurve.area(scores: $0.scores(of: 1), isPositive: $0.isLabel(1)))
        }
        let mean = areas.reduce(0, +) / 3
        let squares = areas.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        #expect(close(row["rocAUC"]?.mean, mean))
        #expect(close(row["rocAUC"]?.deviation, (squares / 2).squareRoot()))
        #expect(row["rocAUC"]?.seeds.count == 3)
        #expect(row.confusions.allSatisfy { $0.total == 60 })
    }

    @Test("has the interval of a single network where there is one seed")
    func intervals() throws {
        let entry = try entry("one", [3])
        let table = table([entry])
        let summary = MetricSummary(of: entry.predictions[0], positive: 1, plan: table.plan)
        for id in BenchmarkTable.metricIDs {
            #expect(table.rows[0][id]?.bootstrap == summary[id]?.bootstrap, "\(id)")
        }
        #expect(table.rows[0]["rocAUC"]?.deviation == nil)
        #expect(table.majorityClass == "Normal")
        #expect(close(table.majorityClassAccuracy, 2.0 / 3))
    }

    @Test("compares every pair, and finds no difference between equals")
    func pairs() throws {
        let (one, other) = try (entry("one", [3, 4]), entry("other", [5, 6]))
        let table = table([one, try entry("same", [3, 4]), other])
        #expect(
            table.pairs.map { "\($0.first)-\($0.second)" } == [
                "one-same", "one-other", "same-other",
            ])
        let equal = table.pairs[0]
        #expect(equal.areaDifference?.estimate == 0)
        #expect(equal.areaDifference?.interval.upper == 0)
        #expect(equal.deLong.map(\.pValue) == [1, 1])
        #expect(equal.mcNemar.map(\.pValue) == [1, 1])
        let pair = table.pairs[1]
        #expect(
            pair.areaDifference
                == table.pairs[2].areaDifference)
        #expect(pair.areaDifference?.interval.lower != pair.areaDifference?.interval.upper)
    }

    @Test("is read back as it was written, and reads as a table")
    func text() throws {
        let table = table([try entry("one", [3, 4]), try entry("other", [5, 6])])
        #expect(try BenchmarkTable(json: table.json()) == table)
        let text = table.markdown()
        #expect(text.contains("| one | test | 1048576 | 4.00 | 2.00 | 12.5 | 2 |"))
        #expect(text.contains("opened once for all networks together, and never before"))
        #expect(text.contains("naming Normal would be right for 66.7 %"))
        #expect(text.contains("## Pairs"))
    }
}
