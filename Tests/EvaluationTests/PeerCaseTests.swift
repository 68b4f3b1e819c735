import Evaluation
import Foundation
import Testing

/// Answers the cases that `Tests/Peers/metrics_against_sklearn.py` puts to scikit-learn as well.
@Suite("Cases for a peer")
struct PeerCaseTests {
    struct Case: Decodable {
        let classes: Int
        let positive: Int
        let labels: [Int]
        let probabilities: [[Double]]
        let features: [[Double]]
        let first: [Double]
        let second: [Double]
    }

    static let path = ProcessInfo.processInfo.environment["VOXELNAS_METRIC_CASES"]

    @Test("are answered in a file beside the cases", .enabled(if: path != nil))
    func answer() throws {
        let path = try #require(Self.path)
        let cases = try JSONDecoder().decode(
            [Case].self, from: Data(contentsOf: URL(filePath: path)))
        let answers = try cases.map(Self.answers)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        try encoder.encode(answers).write(to: URL(filePath: path + ".answers"))
    }

    /// Values that are not defined are left out.
    static func answers(to entry: Case) throws -> [String: Double] {
        let rows = try Predictions(
            classes: (0..<entry.classes).map { "c\($0)" },
            rows: entry.labels.indices.map { index in
                Prediction(
                    scan: "\(index)", patient: "\(index)", label: entry.labels[index],
                    probabilities: entry.probabilities[index])
            })
        var answers: [String: Double] = [:]
        for metric in Metric.all { answers[metric.id] = metric.value(rows, entry.positive) }
        answers["multiclassBrierScore"] = Calibration.multiclassBrierScore(of: rows)
        answers["kendallTauB"] = RankCorrelation.kendallTauB(entry.first, entry.second)
        answers["spearman"] = RankCorrelation.spearman(entry.first, entry.second)
        let truth = rows.isLabel(entry.positive)
        let model = LogisticRegression(features: entry.features, isPositive: truth)
        answers["logistic"] = model?.probability(of: entry.features[0])
        return answers
    }
}
