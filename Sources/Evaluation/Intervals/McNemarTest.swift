import Tensors

/// Whether one of two classifiers errs more often on the same scans.
///
/// Exact and two-sided: under no difference the disagreements fall as fair coins. Scans count as
/// independent.
///
/// - SeeAlso: McNemar, *Note on the sampling error of the difference between correlated
///   proportions or percentages*, 1947.
package struct McNemarTest: Hashable, Codable, Sendable {
    /// Scans that only the first classifier got right.
    package let onlyFirst: Int
    /// Scans that only the second classifier got right.
    package let onlySecond: Int
    /// The chance of a split at least as uneven; 1 when the two never disagree.
    package let pValue: Double

    /// The test from the two counts of disagreement.
    package init(onlyFirst: Int, onlySecond: Int) {
        precondition(onlyFirst >= 0 && onlySecond >= 0, "counts are not negative")
        self.onlyFirst = onlyFirst
        self.onlySecond = onlySecond
        let trials = onlyFirst + onlySecond
        // log C(n, k) - n log 2, built up from k = 0.
        var logarithm = -Double(trials) * PortableMath.log(2)
        var tail = PortableMath.exp(logarithm)
        let smaller = min(onlyFirst, onlySecond)
        if smaller > 0 {
            for k in 1...smaller {
                logarithm += PortableMath.log(Double(trials - k + 1) / Double(k))
                tail += PortableMath.exp(logarithm)
            }
        }
        pValue = min(1, 2 * tail)
    }

    /// The test of two models' predictions, scan by scan in the same order.
    package init(_ first: Predictions, _ second: Predictions) {
        precondition(
            first.rows.map(\.scan) == second.rows.map(\.scan),
            "paired predictions list the same scans")
        let pairs = zip(first.rows, second.rows).map { one, other in
            (one.predicted == one.label, other.predicted == other.label)
        }
        self.init(
            onlyFirst: pairs.count { $0.0 && !$0.1 }, onlySecond: pairs.count { !$0.0 && $0.1 })
    }
}
