/// How sensitivity trades against false alarms as the threshold falls.
package struct ROCCurve: Hashable, Codable, Sendable {
    /// What calling every score at or above the threshold positive gives.
    package struct Point: Hashable, Codable, Sendable {
        /// The threshold; `nil` for the first point, which calls nothing positive.
        package let threshold: Double?
        /// False positives over negatives.
        package let falsePositiveRate: Double
        /// True positives over positives.
        package let truePositiveRate: Double
    }

    /// From (0, 0) to (1, 1), one point per distinct score.
    package let points: [Point]
    /// The number of positive scans.
    package let positives: Int
    /// The number of negative scans.
    package let negatives: Int
    /// The area under the curve: the chance that a positive outscores a negative, ties as half.
    package let area: Double

    /// The curve of scores, larger ones meaning positive; `nil` unless both classes are present.
    ///
    /// - Complexity: O(n log n).
    package init?(scores: [Double], isPositive: [Bool]) {
        guard let area = Self.area(scores: scores, isPositive: isPositive) else { return nil }
        let steps = ThresholdSteps(scores: scores, isPositive: isPositive)
        self.area = area
        positives = steps.positives
        negatives = steps.negatives
        let start = Point(threshold: nil, falsePositiveRate: 0, truePositiveRate: 0)
        let (positives, negatives) = (Double(steps.positives), Double(steps.negatives))
        points =
            [start]
            + steps.steps.map { step in
                Point(
                    threshold: step.threshold,
                    falsePositiveRate: Double(step.falsePositives) / negatives,
                    truePositiveRate: Double(step.truePositives) / positives)
            }
    }

    /// The area alone, from midranks (Mann and Whitney); `nil` unless both classes are present.
    ///
    /// scikit-learn's `roc_auc_score` gives NaN there, with a warning.
    package static func area(scores: [Double], isPositive: [Bool]) -> Double? {
        precondition(scores.count == isPositive.count, "one score per scan")
        let positives = isPositive.count { $0 }
        let negatives = isPositive.count - positives
        guard positives > 0, negatives > 0 else { return nil }
        var rankSum = 0.0
        for (rank, positive) in zip(Midranks.of(scores), isPositive) where positive {
            rankSum += rank
        }
        let wins = rankSum - Double(positives) * Double(positives + 1) / 2
        return wins / (Double(positives) * Double(negatives))
    }

    /// One class against all others, by its probability.
    package init?(of predictions: Predictions, positive: Int) {
        self.init(
            scores: predictions.scores(of: positive), isPositive: predictions.isLabel(positive))
    }
}

/// True and false positives at every distinct score, from the highest down.
struct ThresholdSteps {
    struct Step {
        let threshold: Double
        let truePositives: Int
        let falsePositives: Int
    }

    let steps: [Step]
    let positives: Int
    let negatives: Int

    init(scores: [Double], isPositive: [Bool]) {
        precondition(scores.count == isPositive.count, "one score per scan")
        precondition(!scores.contains(where: \.isNaN), "a threshold needs comparable scores")
        let order = scores.indices.sorted { scores[$0] > scores[$1] }
        var steps: [Step] = []
        var (hits, alarms) = (0, 0)
        for (place, index) in order.enumerated() {
            if isPositive[index] { hits += 1 } else { alarms += 1 }
            let last = place + 1 == order.count || scores[order[place + 1]] != scores[index]
            guard last else { continue }
            steps.append(
                Step(threshold: scores[index], truePositives: hits, falsePositives: alarms))
        }
        self.steps = steps
        positives = hits
        negatives = alarms
    }
}
