/// Raw counts of true against predicted classes.
package struct ConfusionMatrix: Hashable, Codable, Sendable {
    /// The class names.
    package let classes: [String]
    /// `counts[actual][predicted]`.
    package let counts: [[Int]]

    /// A matrix from its counts, a square as wide as the classes are many.
    package init(classes: [String], counts: [[Int]]) {
        precondition(
            counts.count == classes.count && counts.allSatisfy { $0.count == classes.count },
            "a confusion matrix is square")
        self.classes = classes
        self.counts = counts
    }

    /// Counts pairs of true and predicted class indices.
    package init(classes: [String], actual: [Int], predicted: [Int]) {
        precondition(actual.count == predicted.count, "one prediction per scan")
        let row = [Int](repeating: 0, count: classes.count)
        var counts = [[Int]](repeating: row, count: classes.count)
        for (truth, guess) in zip(actual, predicted) { counts[truth][guess] += 1 }
        self.init(classes: classes, counts: counts)
    }

    /// Counts predictions, each by its most probable class.
    package init(of predictions: Predictions) {
        self.init(
            classes: predictions.classes, actual: predictions.rows.map(\.label),
            predicted: predictions.rows.map(\.predicted))
    }

    /// The number of scans.
    package var total: Int { counts.joined().reduce(0, +) }
    /// True scans per class.
    package var actualTotals: [Int] { counts.map { $0.reduce(0, +) } }
    /// Predicted scans per class.
    package var predictedTotals: [Int] {
        classes.indices.map { column in counts.reduce(0) { $0 + $1[column] } }
    }
    /// Scans whose class was found.
    package var correct: Int { classes.indices.reduce(0) { $0 + counts[$1][$1] } }

    /// The most frequent true class; the first of several, `nil` without scans.
    package var majorityClass: Int? {
        let totals = actualTotals
        guard let largest = totals.max(), largest > 0 else { return nil }
        return totals.firstIndex(of: largest)
    }

    /// One class against all others.
    package func counts(positive: Int) -> BinaryCounts {
        let hits = counts[positive][positive]
        let actual = actualTotals[positive]
        let predicted = predictedTotals[positive]
        return BinaryCounts(
            truePositives: hits, falsePositives: predicted - hits, falseNegatives: actual - hits,
            trueNegatives: total - actual - predicted + hits)
    }
}

extension ConfusionMatrix {
    /// Correct scans over all scans, all classes alike; `nil` without scans.
    package var accuracy: Double? { BinaryCounts.ratio(correct, total) }

    /// What always naming the most frequent class would score; `nil` without scans.
    package var majorityClassAccuracy: Double? {
        BinaryCounts.ratio(actualTotals.max() ?? 0, total)
    }

    /// The mean recall of the classes that have scans, as `balanced_accuracy_score`.
    package var balancedAccuracy: Double? {
        Self.mean(classes.indices.compactMap { counts(positive: $0).sensitivity })
    }

    /// The mean F1 of the classes that occur among true or predicted ones.
    ///
    /// That is what `f1_score(average: "macro")` does with the labels it finds.
    package var macroF1: Double? {
        Self.mean(classes.indices.compactMap { counts(positive: $0).f1 })
    }

    /// Matthews' correlation for any number of classes.
    ///
    /// 0 when only one class is true or only one was predicted, as `matthews_corrcoef`; `nil`
    /// without scans.
    ///
    /// - SeeAlso: Gorodkin, *Comparing two K-category assignments by a K-category correlation
    ///   coefficient*, 2004.
    package var matthewsCorrelation: Double? {
        guard total > 0 else { return nil }
        let all = Double(total)
        let actual = actualTotals.map(Double.init)
        let predicted = predictedTotals.map(Double.init)
        let covariance =
            Double(correct) * all - zip(actual, predicted).reduce(0) { $0 + $1.0 * $1.1 }
        let actualSpread = all * all - actual.reduce(0) { $0 + $1 * $1 }
        let predictedSpread = all * all - predicted.reduce(0) { $0 + $1 * $1 }
        guard actualSpread > 0, predictedSpread > 0 else { return 0 }
        return covariance / (actualSpread * predictedSpread).squareRoot()
    }

    private static func mean(_ values: [Double]) -> Double? {
        values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
}
