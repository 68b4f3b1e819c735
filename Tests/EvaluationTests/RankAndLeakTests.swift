import Evaluation
import Tensors
import Testing

@Suite("Rank correlations")
struct RankCorrelationTests {
    @Test("agree with SciPy's documented examples")
    func documented() {
        let tau = RankCorrelation.kendallTauB([12, 2, 1, 12, 2], [1, 4, 7, 1, 0])
        #expect(close(tau, -0.471_404_520_791_031_73))
        let rho = RankCorrelation.spearman([1, 2, 3, 4, 5], [5, 6, 7, 8, 7])
        #expect(close(rho, 0.820_782_681_668_123_3))
    }

    @Test("are 1 and -1 for the same and the opposite order, and nil for a constant")
    func ends() {
        #expect(RankCorrelation.kendallTauB([1, 2, 3], [10, 20, 50]) == 1)
        #expect(close(RankCorrelation.spearman([1, 2, 3], [3, 2, 1]), -1))
        #expect(RankCorrelation.kendallTauB([1, 1, 1], [1, 2, 3]) == nil)
        #expect(RankCorrelation.spearman([1, 2, 3], [4, 4, 4]) == nil)
        #expect(RankCorrelation.kendallTauB([], []) == nil)
        #expect(RankCorrelation.spearman([], []) == nil)
    }

    @Test(
        "have the null standard errors of the plan",
        arguments: [(13, 0.21), (20, 0.16), (50, 0.10)])
    func nullError(count: Int, expected: Double) {
        #expect(close(RankCorrelation.kendallNullStandardError(count: count), expected, 0.005))
    }
}

@Suite("Trivial features")
struct LeakTests {
    @Test("leak in the better direction")
    func direction() throws {
        let leak = try #require(
            TrivialFeatureLeak(
                feature: "slice count", values: [8, 9, 28, nil, 30],
                isPositive: [true, true, false, false, false]))
        #expect(leak.area == 1)
        #expect(leak.direction == .lowerIsPositive)
        #expect(leak.missing == 1)
        let none = TrivialFeatureLeak(feature: "x", values: [1, nil], isPositive: [true, false])
        #expect(none == nil)
    }

    @Test("are weighed where the penalised loss has no slope")
    func optimum() throws {
        var stream = RandomStream(seed: 7, name: "features")
        let features = (0..<80).map { _ in [40 + 9 * stream.nextNormal(), stream.nextNormal(), 3] }
        let truth = features.map { 0.1 * ($0[0] - 40) + 0.5 * stream.nextNormal() > 0.2 }
        let model = try #require(
            LogisticRegression(features: features, isPositive: truth, penalty: 2))
        let errors = zip(features, truth).map { model.probability(of: $0.0) - ($0.1 ? 1 : 0) }
        #expect(abs(errors.reduce(0, +)) < 1e-6)
        for column in 0..<2 {
            let slope = zip(features, errors).reduce(2 * model.weights[column]) { sum, entry in
                sum + entry.1 * (entry.0[column] - model.means[column]) / model.scales[column]
            }
            #expect(abs(slope) < 1e-6)
        }
        #expect(model.weights[2] == 0)
        #expect(model.weights[0] > 1)
    }

    @Test("are not weighed when only one class is there, and stay finite when one separates")
    func separable() throws {
        #expect(LogisticRegression(features: [[1], [2]], isPositive: [true, true]) == nil)
        // Standardised to ±1, the weight solves w = 2/(1 + eʷ).
        let model = try #require(
            LogisticRegression(features: [[10], [30]], isPositive: [false, true]))
        let weight = model.weights[0]
        #expect(close(weight, 2 / (1 + PortableMath.exp(weight)), 1e-7))
        #expect(abs(model.intercept) < 1e-9)
        #expect(model.probability(of: [1e9]) == 1)
        #expect(model.probability(of: [-1e9]) == 0)
    }
}

/// The rows of CovidNet3D's Table 3: printed precision and sensitivity in per cent, class sizes,
/// and the only counts that give them.
@Suite("A table auditor")
struct TableAuditorTests {
    struct Row: Sendable {
        let printed: (precision: Double, sensitivity: Double)
        let size: (positives: Int, negatives: Int)
        let counts: (tp: Int, fp: Int, fn: Int, tn: Int)
    }

    static let rows = [
        Row(printed: (89.62, 77.15), size: (302, 496), counts: (233, 27, 69, 469)),
        Row(printed: (88.97, 82.78), size: (302, 496), counts: (250, 31, 52, 465)),
        Row(printed: (87.11, 82.78), size: (302, 496), counts: (250, 37, 52, 459)),
        Row(printed: (88.78, 91.72), size: (302, 496), counts: (277, 35, 25, 461)),
        Row(printed: (90.48, 88.08), size: (302, 496), counts: (266, 28, 36, 468)),
        Row(printed: (81.31, 97.25), size: (255, 76), counts: (248, 57, 7, 19)),
        Row(printed: (84.23, 92.16), size: (255, 76), counts: (235, 44, 20, 32)),
        Row(printed: (79.43, 98.43), size: (255, 76), counts: (251, 65, 4, 11)),
        Row(printed: (78.82, 99.22), size: (255, 76), counts: (253, 68, 2, 8)),
        Row(printed: (79.50, 98.82), size: (255, 76), counts: (252, 65, 3, 11)),
        Row(printed: (92.34, 95.54), size: (202, 200), counts: (193, 16, 9, 184)),
        Row(printed: (92.57, 92.57), size: (202, 200), counts: (187, 15, 15, 185)),
        Row(printed: (90.95, 94.55), size: (202, 200), counts: (191, 19, 11, 181)),
        Row(printed: (92.68, 90.48), size: (42, 82), counts: (38, 3, 4, 79)),
        Row(printed: (97.50, 92.86), size: (42, 82), counts: (39, 1, 3, 81)),
    ]

    @Test("finds the only counts behind each row", arguments: rows)
    func table3(row: Row) {
        let found = TableAuditor(positives: row.size.positives, negatives: row.size.negatives)
            .matrices(
                precision: row.printed.precision / 100, sensitivity: row.printed.sensitivity / 100)
        let expected = BinaryCounts(
            truePositives: row.counts.tp, falsePositives: row.counts.fp,
            falseNegatives: row.counts.fn, trueNegatives: row.counts.tn)
        #expect(found == [expected])
    }

    @Test(
        "finds none for COVID-CTset's baselines on the stated test list", arguments: rows[10...12])
    func wrongList(row: Row) {
        let found = TableAuditor(positives: 42, negatives: 82).matrices(
            precision: row.printed.precision / 100, sensitivity: row.printed.sensitivity / 100)
        #expect(found.isEmpty)
    }
}
