/// Which candidates are trained for how long: every round trains for twice as long as the one before
/// and keeps the better half.
///
/// - SeeAlso: Jamieson & Talwalkar, *Non-stochastic best arm identification and hyperparameter
///   optimization*, 2016, arXiv:1502.07943.
package struct SuccessiveHalving: Hashable, Sendable {
    /// One round: how many are trained, and for how many epochs.
    package struct Round: Hashable, Sendable {
        /// Candidates that are trained.
        package let survivors: Int
        /// Epochs of each training.
        package let epochs: Int
    }

    /// The rounds, first to last; none without candidates or epochs.
    package let rounds: [Round]

    /// A plan; rounds that would have a single candidate to rank are left out, but for the first.
    ///
    /// - Parameters:
    ///   - candidates: Candidates at the start.
    ///   - epochs: Epochs of the first round's trainings.
    ///   - rounds: The most rounds.
    package init(candidates: Int, epochs: Int, rounds: Int) {
        guard candidates > 0, epochs > 0 else {
            self.rounds = []
            return
        }
        var plan: [Round] = []
        var (survivors, length) = (candidates, epochs)
        while plan.count < rounds, survivors > 1 || plan.isEmpty {
            plan.append(Round(survivors: survivors, epochs: length))
            survivors = (survivors + 1) / 2
            length *= 2
        }
        self.rounds = plan
    }

    /// What a candidate is ranked by: the mean of its seeds' scores minus half their standard
    /// deviation, so that luck with one seed does not win.
    ///
    /// - Parameter scores: One per seed, larger is better.
    /// - Returns: The score; minus infinity without seeds.
    package static func score(_ scores: [Double]) -> Double {
        guard !scores.isEmpty else { return -.infinity }
        let mean = scores.reduce(0, +) / Double(scores.count)
        guard scores.count > 1 else { return mean }
        let squares = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return mean - 0.5 * (squares / Double(scores.count - 1)).squareRoot()
    }

    /// The order of candidates, best first; equal ones keep theirs.
    ///
    /// - Parameter scores: One per candidate, larger is better.
    /// - Returns: Their places in `scores`.
    package static func order(_ scores: [Double]) -> [Int] {
        scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }
    }
}
