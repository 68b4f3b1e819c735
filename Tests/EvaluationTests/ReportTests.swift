import Evaluation
import Foundation
import Testing

@Suite("An evaluation report")
struct ReportTests {
    /// Built once: its intervals take a while.
    static let sample = Result { try makeReport() }

    static func report(testOpenings: Int = 1) throws -> EvaluationReport {
        var report = try sample.get()
        report.testOpenings = testOpenings
        return report
    }

    static func makeReport() throws -> EvaluationReport {
        let plan = BootstrapPlan(resamples: 60, seed: 1)
        let rows = try Samples.cohort(patients: 30, scans: 2, seed: 5)
        let other = try Samples.cohort(patients: 30, scans: 2, seed: 6)
        let summary = MetricSummary(of: rows, positive: 1, plan: plan)
        let best = MetricSummary(of: other, positive: 1, plan: plan)
        var report = EvaluationReport(
            runName: "demo",
            data: .init(
                name: "Phantoms", fingerprints: [.init("manifest", "abc123")],
                splits: [.init(name: "test", patients: 30, scansPerClass: [40, 20])]),
            classes: ["Normal", "NCP"], positiveClass: "NCP", testOpenings: 1)
        report.candidates = [
            .init(code: "0|1", supernetScore: 0.9, shortTrainScore: 0.8, isChosen: true),
            .init(code: "1-1", supernetScore: 0.8, shortTrainScore: 0.7, parameters: 3_012_345),
            .init(code: "2-1", supernetScore: 0.7, shortTrainScore: 0.75),
        ]
        report.retrainings = [1, 2].map { seed in
            EvaluationReport.Retraining(
                seed: seed, lastEpoch: .init(epoch: 40, validation: best, test: summary),
                bestValidation: .init(epoch: 31, validation: best, test: best))
        }
        report.baselines = [
            .init(name: "ResNet3D-18", area: 0.91, accuracy: 0.85, parameters: 33_000_000)
        ]
        report.comparisons = [.init(name: "found minus other", rows, rows, positive: 1, plan: plan)]
        report.leaks = [
            TrivialFeatureLeak(
                feature: "slice count", values: [1, 2, 3, 4],
                isPositive: [false, false, true, true])
        ].compactMap { $0 }
        report.leakNotes = ["No patient is in two splits."]
        report.timings = [.init("search", .seconds(5400)), .init("retrain", .milliseconds(1500))]
        report.limits = ["Phantoms are not patients."]
        return report
    }

    @Test("reads back from JSON, with sorted keys and the same bytes every time")
    func json() throws {
        let report = try Self.report()
        let data = try report.json()
        #expect(try EvaluationReport(json: data) == report)
        #expect(try report.json() == data)
        let text = String(decoding: data, as: UTF8.self)
        let keys = text.split(separator: "\n").filter { $0.hasPrefix("  \"") }
            .compactMap { $0.split(separator: "\"").dropFirst().first }
        #expect(keys == keys.sorted() && keys.count == 14)
        #expect(text.contains("\"format\" : \"voxelnas-report-1\""))
    }

    @Test(
        "contains what a reader must see",
        arguments: [
            "**Research use only.**", "The test split was opened once", "- manifest: `abc123`",
            "| test | 30 | 60 | 40 | 20 |", "| `0\\|1` | 0.9000 | 0.8000 |", "Kendall's τ-b 0.33",
            "| 1 | last epoch | 40 |", "| 2 | best on validation | 31 |",
            "Over 2 seeds, last epoch",
            "always answering Normal would give 66.7 %",
            "| True \\ predicted | Normal | NCP | Scans |",
            "3.01 M", "| ResNet3D-18 | 0.910 | 0.850 | 0.667 | 33.00 M |", "DeLong p",
            "| slice count | 1.000 | higher means NCP | 0 |", "not clearly above slice count alone",
            "- No patient is in two splits.", "| search | 90.0 min |",
            "- Phantoms are not patients.",
            "95 % patient-level bootstrap",
        ])
    func content(phrase: String) throws {
        #expect(try Self.report().markdown().contains(phrase))
    }

    @Test(
        "says how often the test split was opened",
        arguments: [(0, "has not been opened"), (3, "3 times")])
    func openings(count: Int, phrase: String) throws {
        #expect(try Self.report(testOpenings: count).markdown().contains(phrase))
    }

    @Test("shows validation numbers while the test split is closed")
    func closed() throws {
        let text = try Self.report(testOpenings: 0).markdown()
        #expect(text.contains("On the validation split"))
        #expect(!text.contains("On the test split"))
        // The sample's test AUC is 0.948, its validation AUC 0.881.
        #expect(text.contains("AUC mean 0.881") && !text.contains("AUC mean 0.948"))
        #expect(try Self.report().markdown().contains("AUC mean 0.948"))
    }

    @Test("leaves sections without content out")
    func empty() {
        let report = EvaluationReport(
            runName: "r", data: .init(name: "d", fingerprints: [], splits: []),
            classes: ["a", "b"], positiveClass: "b", testOpenings: 0)
        let text = report.markdown()
        #expect(!text.contains("## Candidates") && !text.contains("## Leaks"))
        #expect(text.contains("## Data") && text.contains("## Limits"))
        #expect(!text.contains("nan"))
    }

    @Test("calls accuracy inside the majority class's reach no skill")
    func noSkill() throws {
        let rows = try Samples.binary(
            (0..<20).map { _ in 0.4 }, positive: (0..<20).map { $0 < 6 })
        var report = try Self.report()
        let summary = MetricSummary(of: rows, positive: 1, plan: BootstrapPlan(resamples: 50))
        #expect(summary.accuracy == 0.7)
        #expect(summary.majorityClassAccuracy == 0.7)
        report.retrainings = [.init(seed: 1, lastEpoch: .init(epoch: 1, test: summary))]
        #expect(report.markdown().contains("the accuracy alone shows no skill"))
    }

    @Test("is kept for a person to read when a folder is named")
    func keep() throws {
        guard let folder = ProcessInfo.processInfo.environment["VOXELNAS_PICTURES"] else { return }
        let report = try Self.report()
        try Data(report.markdown().utf8).write(
            to: URL(filePath: folder).appending(path: "report.md"))
        try report.json().write(to: URL(filePath: folder).appending(path: "report.json"))
    }
}

@Suite("A metric summary")
struct MetricSummaryTests {
    @Test("holds every metric of the catalogue with its interval")
    func complete() throws {
        let rows = try Samples.cohort(patients: 30, scans: 2, seed: 5)
        let summary = MetricSummary(of: rows, positive: 1, plan: BootstrapPlan(resamples: 50))
        #expect(summary.values.map(\.id) == Metric.all.map(\.id))
        #expect(summary.scans == 60)
        #expect(summary.patients == 30)
        for value in summary.values {
            let bootstrap = try #require(value.bootstrap)
            #expect(bootstrap.estimate == value.value)
            #expect(bootstrap.interval.lower <= bootstrap.interval.upper)
        }
        #expect(close(summary["rocAUC"]?.value, try #require(summary.deLong).area))
        let data = try JSONEncoder().encode(summary)
        #expect(try JSONDecoder().decode(MetricSummary.self, from: data) == summary)
    }

    @Test("of one class or of nothing has gaps and no NaN", arguments: [0, 5])
    func gaps(scans: Int) throws {
        let rows = try Samples.binary(
            Array(repeating: 0.2, count: scans), positive: Array(repeating: false, count: scans))
        let summary = MetricSummary(of: rows, positive: 1, plan: BootstrapPlan(resamples: 20))
        #expect(summary.area == nil)
        #expect(summary["sensitivity"]?.value == nil)
        #expect(summary.accuracy == (scans == 0 ? nil : 1))
        _ = try JSONEncoder().encode(summary)
    }
}
