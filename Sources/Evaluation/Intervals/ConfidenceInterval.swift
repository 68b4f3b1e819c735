/// A range that covers the true value in a stated share of experiments.
package struct ConfidenceInterval: Hashable, Codable, Sendable {
    /// The lower end.
    package let lower: Double
    /// The upper end.
    package let upper: Double
    /// The share of experiments, such as 0.95.
    package let level: Double

    /// An interval from its ends.
    package init(lower: Double, upper: Double, level: Double) {
        self.lower = lower
        self.upper = upper
        self.level = level
    }

    /// Wilson's interval for a proportion; `nil` without trials.
    ///
    /// It stays within 0...1 and works at 0 and at all successes, but takes trials as independent:
    /// with several scans per patient it is too narrow, and ``BootstrapInterval`` is the one to use.
    ///
    /// - SeeAlso: Wilson, *Probable inference, the law of succession, and statistical inference*,
    ///   1927.
    package static func wilson(
        successes: Int, trials: Int, level: Double = 0.95
    ) -> ConfidenceInterval? {
        precondition(successes >= 0 && successes <= trials, "successes lie within 0...trials")
        guard trials > 0 else { return nil }
        let z = StandardNormal.quantile((1 + level) / 2)
        let count = Double(trials)
        let share = Double(successes) / count
        let scale = 1 + z * z / count
        let centre = (share + z * z / (2 * count)) / scale
        let spread = z * (share * (1 - share) / count + z * z / (4 * count * count)).squareRoot()
        return ConfidenceInterval(
            lower: max(0, centre - spread / scale), upper: min(1, centre + spread / scale),
            level: level)
    }
}
