import Tensors

/// The standard normal distribution, from basic arithmetic, so with the same bits everywhere.
package enum StandardNormal {
    /// The chance of a value above `x`, with full relative precision in the tail.
    package static func upperTail(_ x: Double) -> Double {
        if x < 0 { return 1 - upperTail(-x) }
        let density = PortableMath.exp(-x * x / 2) / (2 * Double.pi).squareRoot()
        if x > 3 {
            // Laplace's continued fraction, from far out inwards.
            var fraction = x
            for term in stride(from: 200, through: 1, by: -1) {
                fraction = x + Double(term) / fraction
            }
            return density / fraction
        }
        // x + x³/3 + x⁵/(3·5) + …, all terms positive.
        var term = x
        var series = x
        for divisor in stride(from: 3, through: 121, by: 2) {
            term *= x * x / Double(divisor)
            series += term
        }
        return 0.5 - density * series
    }

    /// The value below which the given share lies; `share` strictly between 0 and 1.
    package static func quantile(_ share: Double) -> Double {
        precondition(share > 0 && share < 1, "a share lies between 0 and 1")
        if share < 0.5 { return -quantile(1 - share) }
        var (low, high) = (0.0, 40.0)
        for _ in 0..<80 {
            let middle = (low + high) / 2
            if upperTail(middle) > 1 - share { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    /// The chance of a value at least as far from 0 as `x`.
    package static func twoSidedPValue(_ x: Double) -> Double { min(1, 2 * upperTail(abs(x))) }
}
