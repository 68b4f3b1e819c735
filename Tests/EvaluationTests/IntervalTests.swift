import Evaluation
import Tensors
import Testing

@Suite("Intervals and tests")
struct IntervalTests {
    @Test("use the right normal distribution")
    func normal() {
        #expect(close(StandardNormal.quantile(0.975), 1.959_963_984_540_054, 1e-12))
        #expect(close(StandardNormal.quantile(0.025), -1.959_963_984_540_054, 1e-12))
        #expect(close(StandardNormal.upperTail(1), 0.158_655_253_931_457_05, 1e-14))
        #expect(close(StandardNormal.upperTail(5) / 2.866_515_718_791_939e-7, 1, 1e-10))
        #expect(close(StandardNormal.upperTail(3.000_001), StandardNormal.upperTail(3), 1e-8))
    }

    @Test("of 120 in 124 are Wilson's 92.0 to 98.7 per cent")
    func wilson() throws {
        let interval = try #require(ConfidenceInterval.wilson(successes: 120, trials: 124))
        #expect(close(interval.lower, 0.920, 5e-4))
        #expect(close(interval.upper, 0.987, 5e-4))
        #expect(ConfidenceInterval.wilson(successes: 0, trials: 0) == nil)
        let none = try #require(ConfidenceInterval.wilson(successes: 0, trials: 10))
        #expect(none.lower == 0)
        // z²/(n + z²)
        #expect(close(none.upper, 3.841_458_820_694_12 / 13.841_458_820_694_12, 1e-9))
    }

    @Test(
        "compare errors exactly (McNemar)",
        arguments: [
            (1, 9, 22.0 / 1024), (9, 1, 22.0 / 1024), (0, 0, 1), (5, 5, 1), (0, 6, 2.0 / 64),
        ] as [(Int, Int, Double)])
    func mcNemar(first: Int, second: Int, expected: Double) {
        let test = McNemarTest(onlyFirst: first, onlySecond: second)
        #expect(close(test.pValue, expected, 1e-12))
    }

    @Test("count disagreements between models")
    func disagreements() throws {
        let truth = [true, true, false, false, true]
        let first = try Samples.binary([0.9, 0.2, 0.1, 0.8, 0.9], positive: truth)
        let second = try Samples.binary([0.1, 0.9, 0.2, 0.1, 0.9], positive: truth)
        let test = McNemarTest(first, second)
        #expect(test.onlyFirst == 1)
        #expect(test.onlySecond == 2)
    }

    @Test("agree with DeLong's definition, pair by pair")
    func deLong() throws {
        let scores = [0.9, 0.7, 0.6, 0.6, 0.3, 0.6, 0.4, 0.3, 0.1]
        let truth = [true, true, true, false, true, false, false, false, false]
        let positives = zip(scores, truth).filter(\.1).map(\.0)
        let negatives = zip(scores, truth).filter { !$0.1 }.map(\.0)
        func win(_ one: Double, _ other: Double) -> Double {
            one > other ? 1 : one == other ? 0.5 : 0
        }
        func variance(_ values: [Double]) -> Double {
            let mean = values.reduce(0, +) / Double(values.count)
            let squares = values.map { ($0 - mean) * ($0 - mean) }
            return squares.reduce(0, +) / Double(values.count - 1)
        }
        let rows = positives.map { p in negatives.map { win(p, $0) }.reduce(0, +) / 5 }
        let columns = negatives.map { n in positives.map { win($0, n) }.reduce(0, +) / 4 }
        let estimate = try #require(DeLongEstimate(scores: scores, isPositive: truth))
        #expect(close(estimate.area, rows.reduce(0, +) / 4))
        #expect(close(estimate.variance, variance(rows) / 4 + variance(columns) / 5))
        let spread = 1.959_963_984_540_054 * estimate.variance.squareRoot()
        #expect(close(estimate.interval().lower, estimate.area - spread, 1e-9))
        #expect(DeLongEstimate(scores: [1, 2, 3], isPositive: [true, false, false]) == nil)
    }

    @Test("pair the models: shared noise makes a difference clearer (DeLong)")
    func pairedDeLong() throws {
        var stream = RandomStream(seed: 9, name: "pairs")
        let truth = (0..<120).map { $0 % 2 == 0 }
        let noise = truth.map { _ in stream.nextNormal() }
        let fresh = truth.map { _ in stream.nextNormal() }
        let good = zip(truth, noise).map { ($0.0 ? 1.2 : 0) + $0.1 }
        let worse = zip(truth, noise).map { ($0.0 ? 0.8 : 0) + $0.1 }
        let apart = zip(truth, fresh).map { ($0.0 ? 0.8 : 0) + $0.1 }
        let shared = try #require(DeLongComparison(first: good, second: worse, isPositive: truth))
        let alone = try #require(DeLongComparison(first: good, second: apart, isPositive: truth))
        #expect(shared.standardError < alone.standardError / 2)
        #expect((shared.pValue ?? 1) < 0.001)
        let same = try #require(DeLongComparison(first: good, second: good, isPositive: truth))
        #expect(same.pValue == 1)
        let z = (shared.first - shared.second) / shared.standardError
        #expect(close(shared.pValue, StandardNormal.twoSidedPValue(z)))
    }
}

@Suite("A bootstrap interval")
struct BootstrapTests {
    @Test("depends on the seed and on nothing else, not even the order of the rows")
    func deterministic() throws {
        let rows = try Samples.cohort(patients: 20, scans: 2, seed: 2)
        let mixed = rows.selecting(Array(rows.rows.indices.reversed()))
        let plan = BootstrapPlan(resamples: 100, seed: 5)
        func accuracy(_ rows: Predictions) -> Double? { ConfusionMatrix(of: rows).accuracy }
        let first = BootstrapInterval.interval(of: rows, plan: plan, metric: accuracy)
        #expect(first == BootstrapInterval.interval(of: rows, plan: plan, metric: accuracy))
        #expect(first == BootstrapInterval.interval(of: mixed, plan: plan, metric: accuracy))
        let other = BootstrapPlan(resamples: 100, seed: 6)
        #expect(first != BootstrapInterval.interval(of: rows, plan: other, metric: accuracy))
        #expect(first?.patients == 20)
    }

    @Test("counts the resamples on which the metric is undefined")
    func degenerate() throws {
        // One positive among four patients: absent from (3/4)⁴ = 32 % of the resamples.
        let rows = try Samples.binary(
            [0.9, 0.1, 0.2, 0.3], positive: [true, false, false, false])
        let interval = try #require(
            BootstrapInterval.interval(of: rows) { rows in
                ROCCurve.area(scores: rows.scores(of: 1), isPositive: rows.isLabel(1))
            })
        // Also without a negative: (1/4)⁴.
        let expected = 2000 * (0.75 * 0.75 * 0.75 * 0.75 + 1.0 / 256)
        #expect(abs(Double(interval.degenerate) - expected) < 100)
        #expect(interval.estimate == 1)
        #expect(interval.interval == ConfidenceInterval(lower: 1, upper: 1, level: 0.95))
    }

    @Test("does not exist for one patient or an undefined metric")
    func absent() throws {
        let one = try Samples.binary([0.9, 0.1], positive: [true, false], patients: ["p", "p"])
        #expect(BootstrapInterval.interval(of: one) { _ in 1 } == nil)
        let two = try Samples.binary([0.9, 0.1], positive: [true, false])
        #expect(BootstrapInterval.interval(of: two) { _ in nil } == nil)
    }

    @Test("without bias or skewness is one of percentiles, interpolated as NumPy does")
    func percentiles() throws {
        // An estimate of 20, then 0, 1, 2, … in turn, then two values for the jackknife: percentiles
        // 2.5 and 97.5 of 0...40 are 1 and 39. Two clusters are too few for Student's t.
        var values = [20.0] + (0...40).map(Double.init) + [19, 21]
        let plan = BootstrapPlan(resamples: 41)
        let interval = BootstrapInterval.intervals(clusters: [[0], [1]], plan: plan, count: 1) {
            _ in [values.removeFirst()]
        }
        #expect(close(interval[0]?.interval.lower, 1, 1e-9))
        #expect(close(interval[0]?.interval.upper, 39, 1e-9))
    }

    /// SciPy 1.17's `bootstrap(method="BCa")` with 100,000 resamples gives 0.666…1.488 for the same
    /// 25 values at the level that z = 2.106 belongs to: Student's quantile times √(25/24).
    @Test("is skewed where the data are")
    func skewed() throws {
        let values = (0..<25).map { -PortableMath.log(1 - (Double($0) + 0.5) / 25) }
        let interval = try #require(
            BootstrapInterval.intervals(
                clusters: values.indices.map { [$0] }, plan: BootstrapPlan(resamples: 20_000),
                count: 1
            ) { indices in
                [indices.reduce(0) { $0 + values[$1] } / Double(indices.count)]
            }[0])
        let (below, above) = (
            interval.estimate - interval.interval.lower, interval.interval.upper - interval.estimate
        )
        #expect(above > 1.3 * below)
        #expect(close(interval.interval.lower, 0.666, 0.015))
        #expect(close(interval.interval.upper, 1.488, 0.025))
    }

    @Test("pairs two models on the same resample")
    func difference() throws {
        let rows = try Samples.cohort(patients: 20, scans: 1, seed: 3)
        let interval = try #require(
            BootstrapInterval.difference(rows, rows, plan: BootstrapPlan(resamples: 50)) {
                ConfusionMatrix(of: $0).accuracy
            })
        #expect(interval.interval == ConfidenceInterval(lower: 0, upper: 0, level: 0.95))
    }

    /// 200 studies of 30 patients with 4 scans each, of which nine in ten share the patient's fate.
    ///
    /// The true accuracy is 0.7.
    @Test("covers the truth by patients, and not by scans")
    func coverage() {
        let plan = BootstrapPlan(resamples: 150, seed: 11)
        var (byPatient, byScan) = (0, 0)
        for study in 0..<200 {
            var stream = RandomStream(seed: 12, name: "study", counters: UInt32(study))
            let right = (0..<30).flatMap { _ in
                let shared = stream.nextUnit() < 0.7
                return (0..<4).map { _ in
                    stream.nextUnit() < 0.9 ? shared : stream.nextUnit() < 0.7
                }
            }
            func covers(_ clusters: [[Int]]) -> Bool {
                let intervals = BootstrapInterval.intervals(
                    clusters: clusters, plan: plan, count: 1
                ) { indices in
                    var hits = 0
                    for index in indices where right[index] { hits += 1 }
                    return [Double(hits) / Double(indices.count)]
                }
                guard let ends = intervals[0]?.interval else { return false }
                return ends.lower <= 0.7 && 0.7 <= ends.upper
            }
            if covers((0..<30).map { patient in (0..<4).map { patient * 4 + $0 } }) {
                byPatient += 1
            }
            if covers((0..<120).map { [$0] }) { byScan += 1 }
        }
        // Binomial sd of 95 % over 200 studies is 1.5 %; percentile intervals lose 1 to 2 %.
        #expect(Double(byPatient) / 200 > 0.87 && Double(byPatient) / 200 < 0.99)
        #expect(Double(byScan) / 200 < 0.80)
    }
}
