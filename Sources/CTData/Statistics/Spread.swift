/// How a number is spread over scans.
package struct Spread: Codable, Hashable, Sendable {
    /// The smallest.
    package let minimum: Double
    /// A quarter of the values are below.
    package let lowerQuartile: Double
    /// Half of the values are below.
    package let median: Double
    /// Three quarters of the values are below.
    package let upperQuartile: Double
    /// The largest.
    package let maximum: Double

    /// The spread of finite numbers; `nil` for none.
    package init?(_ values: [Double]) {
        let sorted = values.filter(\.isFinite).sorted()
        guard let first = sorted.first, let last = sorted.last else { return nil }
        func quantile(_ share: Double) -> Double {
            let place = share * Double(sorted.count - 1)
            let below = Int(place)
            let above = min(below + 1, sorted.count - 1)
            return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
        }
        minimum = first
        lowerQuartile = quantile(0.25)
        median = quantile(0.5)
        upperQuartile = quantile(0.75)
        maximum = last
    }
}
