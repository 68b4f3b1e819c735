/// How precision falls as the threshold lets more positives in.
package struct PrecisionRecallCurve: Hashable, Codable, Sendable {
    /// What calling every score at or above the threshold positive gives.
    package struct Point: Hashable, Codable, Sendable {
        /// The threshold.
        package let threshold: Double
        /// True positives over positives.
        package let recall: Double
        /// True positives over those called positive.
        package let precision: Double
    }

    /// One point per distinct score, recall rising.
    package let points: [Point]
    /// Positive scans over all scans: the precision of calling everything positive.
    package let prevalence: Double

    /// The curve of scores, larger ones meaning positive; `nil` without a positive scan.
    ///
    /// - Complexity: O(n log n).
    package init?(scores: [Double], isPositive: [Bool]) {
        let steps = ThresholdSteps(scores: scores, isPositive: isPositive)
        guard steps.positives > 0 else { return nil }
        prevalence = Double(steps.positives) / Double(scores.count)
        points = steps.steps.map { step in
            Point(
                threshold: step.threshold,
                recall: Double(step.truePositives) / Double(steps.positives),
                precision: Double(step.truePositives)
                    / Double(step.truePositives + step.falsePositives))
        }
    }

    /// One class against all others, by its probability.
    package init?(of predictions: Predictions, positive: Int) {
        self.init(
            scores: predictions.scores(of: positive), isPositive: predictions.isLabel(positive))
    }

    /// The sum of precision times the step in recall, without interpolation.
    ///
    /// This is `average_precision_score`, except that it warns and gives 0 when no scan is
    /// positive, where the curve does not exist here.
    package var averagePrecision: Double {
        var area = 0.0
        var recall = 0.0
        for point in points {
            area += (point.recall - recall) * point.precision
            recall = point.recall
        }
        return area
    }
}
