/// An AUC with its variance, without resampling.
///
/// Scans count as independent: with several scans per patient the variance is too small.
///
/// - SeeAlso: DeLong, DeLong & Clarke-Pearson, *Comparing the areas under two or more correlated
///   receiver operating characteristic curves*, 1988; Sun & Xu, *Fast implementation of DeLong's
///   algorithm*, 2014.
package struct DeLongEstimate: Hashable, Codable, Sendable {
    /// The area under the ROC curve.
    package let area: Double
    /// The variance of the area.
    package let variance: Double

    /// The estimate; `nil` with fewer than two scans of either kind.
    ///
    /// - Complexity: O(n log n).
    package init?(scores: [Double], isPositive: [Bool]) {
        guard let placements = Placements(scores: scores, isPositive: isPositive) else {
            return nil
        }
        area = placements.area
        variance = placements.covariance(with: placements)
    }

    /// The symmetric normal interval, cut to 0...1.
    package func interval(level: Double = 0.95) -> ConfidenceInterval {
        let spread = StandardNormal.quantile((1 + level) / 2) * variance.squareRoot()
        return ConfidenceInterval(
            lower: max(0, area - spread), upper: min(1, area + spread), level: level)
    }
}

/// Two models' AUCs on the same scans.
package struct DeLongComparison: Hashable, Codable, Sendable {
    /// The first model's area.
    package let first: Double
    /// The second model's area.
    package let second: Double
    /// The standard error of `first - second`.
    package let standardError: Double
    /// The two-sided p-value of no difference; `nil` when the areas differ with standard error 0.
    package let pValue: Double?

    /// The test; `nil` with fewer than two scans of either kind.
    package init?(first: [Double], second: [Double], isPositive: [Bool]) {
        guard let one = Placements(scores: first, isPositive: isPositive),
            let other = Placements(scores: second, isPositive: isPositive)
        else { return nil }
        self.first = one.area
        self.second = other.area
        let variance =
            one.covariance(with: one) + other.covariance(with: other)
            - 2 * one.covariance(with: other)
        standardError = max(0, variance).squareRoot()
        let difference = one.area - other.area
        // Rounding leaves about 1e-17 of variance where the placements are the same.
        if standardError > 1e-8 {
            pValue = StandardNormal.twoSidedPValue(difference / standardError)
        } else {
            pValue = difference == 0 ? 1 : nil
        }
    }
}

/// The share of the other class that each scan beats.
private struct Placements {
    let positives: [Double]
    let negatives: [Double]

    init?(scores: [Double], isPositive: [Bool]) {
        precondition(scores.count == isPositive.count, "one score per scan")
        let places = isPositive.indices.filter { isPositive[$0] }
        let others = isPositive.indices.filter { !isPositive[$0] }
        guard places.count > 1, others.count > 1 else { return nil }
        let all = Midranks.of(scores)
        let within = Midranks.of(places.map { scores[$0] })
        let withinOthers = Midranks.of(others.map { scores[$0] })
        positives = zip(places, within).map { (all[$0.0] - $0.1) / Double(others.count) }
        negatives = zip(others, withinOthers).map { 1 - (all[$0.0] - $0.1) / Double(places.count) }
    }

    var area: Double { positives.reduce(0, +) / Double(positives.count) }

    func covariance(with other: Placements) -> Double {
        Self.covariance(positives, other.positives) / Double(positives.count)
            + Self.covariance(negatives, other.negatives) / Double(negatives.count)
    }

    private static func covariance(_ first: [Double], _ second: [Double]) -> Double {
        let count = Double(first.count)
        let meanFirst = first.reduce(0, +) / count
        let meanSecond = second.reduce(0, +) / count
        let products = zip(first, second).map { ($0.0 - meanFirst) * ($0.1 - meanSecond) }
        return products.reduce(0, +) / (count - 1)
    }
}
