/// Which shares of the sorted resamples are the ends of an interval.
///
/// Bias-corrected and accelerated (BCa), with the narrowness of small samples made up for: the
/// normal quantile is replaced by Student's t, times √(n/(n-1)). Plain percentiles of an AUC cover
/// the truth in 90 % instead of 95 % with 30 patients and in 92 % with 60; these in 95 %
/// (`Tests/EvaluationTests/CoverageTests.swift`).
///
/// - SeeAlso: Efron, *Better bootstrap confidence intervals*, 1987; Hesterberg, *What teachers
///   should know about the bootstrap*, 2015, section 5.3.
struct BootstrapShares {
    let lower: Double
    let upper: Double

    /// The shares for one statistic.
    ///
    /// - Parameters:
    ///   - level: The share of experiments that the interval is to cover.
    ///   - estimate: The value on all clusters.
    ///   - sorted: The resampled values.
    ///   - jackknife: The values without each cluster in turn; `nil` where one is not defined.
    ///   - clusters: The number of clusters.
    init(
        level: Double, estimate: Double, sorted: [Double], jackknife: [Double?], clusters: Int
    ) {
        let width = Self.width(level: level, clusters: clusters)
        let below = sorted.count { $0 < estimate }
        let equal = sorted.count { $0 == estimate }
        // Half a resample from the ends: an estimate beyond all resamples has a finite correction.
        let edge = 0.5 / Double(max(sorted.count, 1))
        let share = (Double(below) + Double(equal) / 2) / Double(max(sorted.count, 1))
        let bias = StandardNormal.quantile(min(max(share, edge), 1 - edge))
        let acceleration = Self.acceleration(jackknife.compactMap { $0 })
        func corrected(_ quantile: Double) -> Double {
            let shifted = bias + quantile
            let scale = max(1 - acceleration * shifted, 0.1)
            return 1 - StandardNormal.upperTail(bias + shifted / scale)
        }
        lower = corrected(-width)
        upper = corrected(width)
    }

    /// How many standard errors the interval reaches to either side.
    static func width(level: Double, clusters: Int) -> Double {
        let normal = StandardNormal.quantile(1 - (1 - level) / 2)
        guard clusters >= 4 else { return normal }
        let factor = (Double(clusters) / Double(clusters - 1)).squareRoot()
        return studentQuantile(normal, freedom: Double(clusters - 1)) * factor
    }

    /// Student's quantile from the normal one, for 3 degrees of freedom or more.
    ///
    /// - SeeAlso: Abramowitz & Stegun, *Handbook of mathematical functions*, 26.7.5.
    static func studentQuantile(_ z: Double, freedom: Double) -> Double {
        let square = z * z
        let first = z * (square + 1) / 4
        let second = z * ((5 * square + 16) * square + 3) / 96
        let third = z * (((3 * square + 19) * square + 17) * square - 15) / 384
        let fourth =
            z * ((((79 * square + 776) * square + 1482) * square - 1920) * square - 945) / 92160
        let inverse = 1 / freedom
        return z + inverse * (first + inverse * (second + inverse * (third + inverse * fourth)))
    }

    /// A sixth of the skewness of the clusters' influence.
    static func acceleration(_ jackknife: [Double]) -> Double {
        guard !jackknife.isEmpty else { return 0 }
        let mean = jackknife.reduce(0, +) / Double(jackknife.count)
        var (squares, cubes) = (0.0, 0.0)
        for value in jackknife {
            let influence = mean - value
            squares += influence * influence
            cubes += influence * influence * influence
        }
        guard squares > 0 else { return 0 }
        return cubes / (6 * squares * squares.squareRoot())
    }
}
