/// How one class was told from all others: four counts, and the ratios made of them.
///
/// A ratio whose denominator is 0 is `nil`, which is scikit-learn's `zero_division=nan`.
package struct BinaryCounts: Hashable, Codable, Sendable {
    /// Positive scans predicted positive.
    package let truePositives: Int
    /// Negative scans predicted positive.
    package let falsePositives: Int
    /// Positive scans predicted negative.
    package let falseNegatives: Int
    /// Negative scans predicted negative.
    package let trueNegatives: Int

    /// Counts from their parts.
    package init(
        truePositives: Int, falsePositives: Int, falseNegatives: Int, trueNegatives: Int
    ) {
        self.truePositives = truePositives
        self.falsePositives = falsePositives
        self.falseNegatives = falseNegatives
        self.trueNegatives = trueNegatives
    }

    /// The number of scans.
    package var total: Int { positives + negatives }
    /// The number of truly positive scans.
    package var positives: Int { truePositives + falseNegatives }
    /// The number of truly negative scans.
    package var negatives: Int { falsePositives + trueNegatives }

    /// (TP + TN) / all, the accuracy of the two-class question.
    package var accuracy: Double? { Self.ratio(truePositives + trueNegatives, total) }
    /// TP / (TP + FP), also called positive predictive value.
    package var precision: Double? { Self.ratio(truePositives, truePositives + falsePositives) }
    /// TP / (TP + FN), also called recall.
    package var sensitivity: Double? { Self.ratio(truePositives, positives) }
    /// TN / (TN + FP).
    package var specificity: Double? { Self.ratio(trueNegatives, negatives) }
    /// TN / (TN + FN).
    package var negativePredictiveValue: Double? {
        Self.ratio(trueNegatives, trueNegatives + falseNegatives)
    }
    /// 2 TP / (2 TP + FP + FN); `nil` only when no scan is or was called positive.
    package var f1: Double? {
        Self.ratio(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives)
    }
    /// The mean of sensitivity and specificity.
    package var balancedAccuracy: Double? {
        guard let sensitivity, let specificity else { return nil }
        return (sensitivity + specificity) / 2
    }

    static func ratio(_ part: Int, _ whole: Int) -> Double? {
        whole == 0 ? nil : Double(part) / Double(whole)
    }
}
