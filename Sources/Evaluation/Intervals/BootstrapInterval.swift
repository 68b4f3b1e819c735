import Tensors

/// How many times to resample, and from which random stream.
package struct BootstrapPlan: Hashable, Codable, Sendable {
    /// The number of resamples.
    package let resamples: Int
    /// The share of experiments that the interval is to cover.
    package let level: Double
    /// The run's seed; resample k draws from the stream (seed, "bootstrap", k).
    package let seed: UInt64

    /// A plan; 2000 resamples put the ends of a 95 % interval within about 0.5 % of coverage.
    package init(resamples: Int = 2000, level: Double = 0.95, seed: UInt64 = 0) {
        precondition(resamples > 0 && level > 0 && level < 1, "a plan needs resamples and a level")
        self.resamples = resamples
        self.level = level
        self.seed = seed
    }
}

/// An interval by resampling patients, all scans of a drawn patient together.
///
/// Scans of one patient resemble each other; resampling scans would count them as independent and
/// give an interval that is too narrow. The ends are corrected for bias, skewness and small numbers
/// of patients (BCa).
///
/// - SeeAlso: Efron & Tibshirani, *An introduction to the bootstrap*, 1993, §14.3.
package struct BootstrapInterval: Hashable, Codable, Sendable {
    /// The value on all scans.
    package let estimate: Double
    /// The ends: corrected percentiles of the resampled values, interpolated linearly.
    package let interval: ConfidenceInterval
    /// The number of patients.
    package let patients: Int
    /// The number of resamples drawn.
    package let resamples: Int
    /// Resamples on which the value is not defined, such as an AUC without positives; left out.
    package let degenerate: Int

    /// Intervals of several metrics on the same resamples, in the order of `metrics`.
    ///
    /// An entry is `nil` when its metric is undefined on all scans, when there are fewer than two
    /// patients, or when fewer than two resamples define it.
    ///
    /// - Complexity: O((resamples + patients) · scans · metrics), and the sorting inside the metrics.
    package static func intervals(
        of predictions: Predictions, plan: BootstrapPlan = BootstrapPlan(),
        metrics: [(Predictions) -> Double?]
    ) -> [BootstrapInterval?] {
        intervals(clusters: predictions.rowsByPatient, plan: plan, count: metrics.count) {
            indices in
            let sample = predictions.selecting(indices)
            return metrics.map { $0(sample) }
        }
    }

    /// The interval of one metric; `nil` as for ``intervals(of:plan:metrics:)``.
    package static func interval(
        of predictions: Predictions, plan: BootstrapPlan = BootstrapPlan(),
        metric: (Predictions) -> Double?
    ) -> BootstrapInterval? {
        intervals(clusters: predictions.rowsByPatient, plan: plan, count: 1) { indices in
            [metric(predictions.selecting(indices))]
        }[0]
    }

    /// The interval of a difference between two models on the same scans, resampled in pairs.
    ///
    /// - Parameters:
    ///   - first: Predictions of one model.
    ///   - second: Predictions of the other, scan by scan in the same order.
    ///   - plan: How to resample.
    ///   - metric: What is compared.
    /// - Returns: The interval of `metric(first) - metric(second)`.
    package static func difference(
        _ first: Predictions, _ second: Predictions, plan: BootstrapPlan = BootstrapPlan(),
        metric: (Predictions) -> Double?
    ) -> BootstrapInterval? {
        precondition(
            first.rows.map(\.scan) == second.rows.map(\.scan),
            "paired predictions list the same scans")
        return intervals(clusters: first.rowsByPatient, plan: plan, count: 1) { indices in
            guard let one = metric(first.selecting(indices)),
                let other = metric(second.selecting(indices))
            else { return [nil] }
            return [one - other]
        }[0]
    }

    /// Intervals of any statistics of row indices that are drawn cluster by cluster.
    package static func intervals(
        clusters: [[Int]], plan: BootstrapPlan, count: Int, statistics: ([Int]) -> [Double?]
    ) -> [BootstrapInterval?] {
        guard clusters.count > 1 else { return Array(repeating: nil, count: count) }
        let estimates = statistics(clusters.flatMap { $0 }.sorted())
        var samples = [[Double]](repeating: [], count: count)
        for resample in 0..<plan.resamples {
            var stream = RandomStream(
                seed: plan.seed, name: "bootstrap", counters: UInt32(resample))
            var indices: [Int] = []
            for _ in clusters { indices += clusters[stream.next(below: clusters.count)] }
            for (entry, value) in statistics(indices).enumerated() {
                if let value { samples[entry].append(value) }
            }
        }
        let jackknife = clusters.indices.map { left in
            statistics(clusters.indices.filter { $0 != left }.flatMap { clusters[$0] })
        }
        return (0..<count).map { entry in
            guard let estimate = estimates[entry], samples[entry].count > 1 else { return nil }
            let sorted = samples[entry].sorted()
            let shares = BootstrapShares(
                level: plan.level, estimate: estimate, sorted: sorted,
                jackknife: jackknife.map { $0[entry] }, clusters: clusters.count)
            return BootstrapInterval(
                estimate: estimate,
                interval: ConfidenceInterval(
                    lower: Percentile.of(sorted: sorted, share: shares.lower),
                    upper: Percentile.of(sorted: sorted, share: shares.upper), level: plan.level),
                patients: clusters.count, resamples: plan.resamples,
                degenerate: plan.resamples - sorted.count)
        }
    }
}

/// Percentiles with linear interpolation, as NumPy's default.
enum Percentile {
    static func of<Value: BinaryFloatingPoint>(sorted: [Value], share: Value) -> Value {
        let place = share * Value(sorted.count - 1)
        let lower = Int(place.rounded(.down))
        let upper = min(lower + 1, sorted.count - 1)
        return sorted[lower] + (place - Value(lower)) * (sorted[upper] - sorted[lower])
    }
}
