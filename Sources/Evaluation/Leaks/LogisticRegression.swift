import Tensors

/// Two-class logistic regression on a few numbers per scan.
///
/// It answers what a model must beat: how well do slice count, size in millimetres or mean HU
/// alone tell the classes apart? Features are standardised (mean 0, population standard
/// deviation 1); the weights, not the intercept, are held small by λ/2·‖w‖². With λ = 1 this is
/// scikit-learn's `StandardScaler` and `LogisticRegression(C: 1)`.
package struct LogisticRegression: Hashable, Codable, Sendable {
    /// The feature means that are subtracted.
    package let means: [Double]
    /// The standard deviations that features are divided by; 1 for a constant feature.
    package let scales: [Double]
    /// One weight per standardised feature.
    package let weights: [Double]
    /// The log-odds of a scan with mean features.
    package let intercept: Double

    /// Fits the weights; `nil` unless both classes are present.
    ///
    /// Newton's method with step halving; no random number is involved.
    ///
    /// - Parameters:
    ///   - features: One row of finite numbers per scan, all rows of the same length.
    ///   - isPositive: The class of each scan.
    ///   - penalty: λ, above 0.
    package init?(features: [[Double]], isPositive: [Bool], penalty: Double = 1) {
        precondition(features.count == isPositive.count, "one row of features per scan")
        precondition(penalty > 0, "without a penalty separable classes have no solution")
        guard isPositive.contains(true), isPositive.contains(false) else { return nil }
        let width = features[0].count
        precondition(
            features.allSatisfy { $0.count == width && $0.allSatisfy(\.isFinite) },
            "features are finite and equally many")
        let count = Double(features.count)
        let means = (0..<width).map { column in
            features.reduce(0) { $0 + $1[column] } / count
        }
        let scales = (0..<width).map { column in
            let square = features.reduce(0) { sum, row in
                sum + (row[column] - means[column]) * (row[column] - means[column])
            }
            let deviation = (square / count).squareRoot()
            // Rounding leaves a constant column with about 1e-16 of its size.
            return deviation > 1e-12 * max(1, abs(means[column])) ? deviation : 1
        }
        let rows = features.map { row in
            [1] + (0..<width).map { (row[$0] - means[$0]) / scales[$0] }
        }
        let objective = Objective(rows: rows, isPositive: isPositive, penalty: penalty)
        let solution = objective.minimum()
        self.means = means
        self.scales = scales
        intercept = solution[0]
        weights = Array(solution.dropFirst())
    }

    /// The probability that a scan with these features is positive.
    package func probability(of features: [Double]) -> Double {
        precondition(features.count == weights.count, "as many features as weights")
        let logit = features.indices.reduce(intercept) { sum, column in
            sum + weights[column] * (features[column] - means[column]) / scales[column]
        }
        return 1 / (1 + PortableMath.exp(-logit))
    }
}

/// The penalised loss of weights; entry 0 of a row and of the weights is the intercept's.
private struct Objective {
    let rows: [[Double]]
    let isPositive: [Bool]
    let penalty: Double

    func minimum() -> [Double] {
        var weights = [Double](repeating: 0, count: rows[0].count)
        var current = value(weights)
        for _ in 0..<100 {
            guard let step = newtonStep(weights) else { break }
            var factor = 1.0
            var next = weights
            var attempt = current
            repeat {
                next = zip(weights, step).map { $0.0 - factor * $0.1 }
                attempt = value(next)
                factor /= 2
            } while attempt > current && factor > 1e-12
            guard attempt < current else { break }
            weights = next
            current = attempt
        }
        return weights
    }

    private func value(_ weights: [Double]) -> Double {
        let size = weights.dropFirst().reduce(0) { $0 + $1 * $1 }
        return zip(rows, isPositive).reduce(penalty / 2 * size) { sum, entry in
            let logit = dot(entry.0, weights)
            let wrong = entry.1 ? -logit : logit
            // log(1 + e^wrong), without overflow.
            return sum + max(wrong, 0) + PortableMath.log(1 + PortableMath.exp(-abs(wrong)))
        }
    }

    private func newtonStep(_ weights: [Double]) -> [Double]? {
        let size = weights.count
        var gradient = weights.map { $0 * penalty }
        gradient[0] = 0
        var curvature = [[Double]](repeating: [Double](repeating: 0, count: size), count: size)
        for diagonal in 1..<max(size, 1) { curvature[diagonal][diagonal] = penalty }
        for (row, positive) in zip(rows, isPositive) {
            let share = 1 / (1 + PortableMath.exp(-dot(row, weights)))
            let error = share - (positive ? 1 : 0)
            for first in 0..<size {
                gradient[first] += error * row[first]
                for second in 0..<size {
                    curvature[first][second] += share * (1 - share) * row[first] * row[second]
                }
            }
        }
        return PositiveDefiniteSystem.solve(curvature, gradient)
    }

    private func dot(_ row: [Double], _ weights: [Double]) -> Double {
        zip(row, weights).reduce(0) { $0 + $1.0 * $1.1 }
    }
}
