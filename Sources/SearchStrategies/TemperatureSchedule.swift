import Tensors

/// The temperature of the Gumbel-softmax over a search.
package enum TemperatureSchedule: Hashable, Sendable {
    /// The same throughout.
    case constant(Double)
    /// From the first value to the second in equal differences.
    case linear(from: Double, to: Double)
    /// From the first value to the second in equal ratios.
    case exponential(from: Double, to: Double)

    /// The temperature at a step.
    ///
    /// - Parameters:
    ///   - step: The step, from 0.
    ///   - count: The number of steps of the search.
    /// - Returns: The temperature, positive.
    package func temperature(atStep step: Int, of count: Int) -> Double {
        let progress = count > 1 ? Double(step) / Double(count - 1) : 0
        switch self {
        case .constant(let value):
            return value
        case .linear(let first, let last):
            return first * (1 - progress) + last * progress
        case .exponential(let first, let last):
            return first * PortableMath.exp(PortableMath.log(last / first) * progress)
        }
    }
}
