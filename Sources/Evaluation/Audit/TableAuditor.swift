/// Finds the counts behind a published row of precision and sensitivity.
///
/// Both are fractions of small whole numbers, so a row printed with four digits often fits a
/// single confusion matrix, or none: then the row was computed on other scans than stated.
package struct TableAuditor: Hashable, Sendable {
    /// The number of positive scans that the publication states.
    package let positives: Int
    /// The number of negative scans that the publication states.
    package let negatives: Int

    /// An auditor for a test list of known size.
    package init(positives: Int, negatives: Int) {
        precondition(positives > 0 && negatives >= 0, "recall needs positive scans")
        self.positives = positives
        self.negatives = negatives
    }

    /// Every matrix that rounds to the printed values, by rising true positives.
    ///
    /// - Parameters:
    ///   - precision: As printed, in 0...1.
    ///   - sensitivity: As printed, in 0...1.
    ///   - tolerance: How far a printed value may lie from the true one: half a unit of the last
    ///     digit when rounded, a whole unit when it may have been cut off. 0.0001 is one unit of
    ///     `97.25 %`.
    /// - Returns: All matches; empty when no scan counts give these values.
    /// - Complexity: O(positives · negatives).
    package func matrices(
        precision: Double, sensitivity: Double, tolerance: Double = 0.0001
    ) -> [BinaryCounts] {
        var found: [BinaryCounts] = []
        for hits in 0...positives {
            for alarms in 0...negatives {
                let counts = BinaryCounts(
                    truePositives: hits, falsePositives: alarms, falseNegatives: positives - hits,
                    trueNegatives: negatives - alarms)
                // Decimal fractions are not exact in binary; 1e-9 is far below any printed digit.
                guard let recall = counts.sensitivity, let value = counts.precision,
                    abs(recall - sensitivity) <= tolerance + 1e-9,
                    abs(value - precision) <= tolerance + 1e-9
                else { continue }
                found.append(counts)
            }
        }
        return found
    }
}
