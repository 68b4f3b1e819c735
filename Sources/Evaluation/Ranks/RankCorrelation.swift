/// How well one score orders what another one measures.
package enum RankCorrelation {
    /// Kendall's tau-b, which corrects for ties; `nil` when either side is constant or shorter
    /// than two.
    ///
    /// - Complexity: O(n²), exact in integers until the last division.
    /// - SeeAlso: Kendall, *The treatment of ties in ranking problems*, 1945.
    package static func kendallTauB(_ first: [Double], _ second: [Double]) -> Double? {
        precondition(first.count == second.count, "one pair per item")
        var (balance, untiedFirst, untiedSecond) = (0, 0, 0)
        for left in first.indices {
            for right in first.indices.dropFirst(left + 1) {
                let one = sign(first[left], first[right])
                let other = sign(second[left], second[right])
                balance += one * other
                untiedFirst += abs(one)
                untiedSecond += abs(other)
            }
        }
        guard untiedFirst > 0, untiedSecond > 0 else { return nil }
        return Double(balance) / (Double(untiedFirst) * Double(untiedSecond)).squareRoot()
    }

    /// The standard error of tau when the two orders have nothing in common; `nil` below two items.
    package static func kendallNullStandardError(count: Int) -> Double? {
        guard count > 1 else { return nil }
        let n = Double(count)
        return (2 * (2 * n + 5) / (9 * n * (n - 1))).squareRoot()
    }

    /// Spearman's rho: Pearson's correlation of the midranks; `nil` when either side is constant.
    package static func spearman(_ first: [Double], _ second: [Double]) -> Double? {
        precondition(first.count == second.count, "one pair per item")
        let middle = Double(first.count + 1) / 2
        let one = Midranks.of(first).map { $0 - middle }
        let other = Midranks.of(second).map { $0 - middle }
        let spread = one.reduce(0) { $0 + $1 * $1 }
        let otherSpread = other.reduce(0) { $0 + $1 * $1 }
        guard spread > 0, otherSpread > 0 else { return nil }
        let product = zip(one, other).reduce(0) { $0 + $1.0 * $1.1 }
        return product / (spread.squareRoot() * otherSpread.squareRoot())
    }

    private static func sign(_ first: Double, _ second: Double) -> Int {
        if first == second { return 0 }
        return first < second ? -1 : 1
    }
}
