/// Logarithm, exponential and cosine in double precision from basic arithmetic only.
///
/// The C library's functions differ in the last bit from one version or processor to the next. All
/// that decides a sampled path or a loss uses these instead: IEEE additions, products, quotients
/// and roots have the same bits everywhere, and Swift never contracts them to fused operations.
/// The error is below 4e-16 relative.
package enum PortableMath {
    private static let ln2High = 0x1.62e42fee00000p-1
    private static let ln2Low = 0x1.a39ef35793c76p-33

    /// The natural logarithm of a positive number; `-infinity` at 0, NaN below.
    package static func log(_ x: Double) -> Double {
        if x.isNaN || x < 0 { return .nan }
        if x == 0 { return -.infinity }
        if x == .infinity { return x }
        var mantissa = x.significand
        var exponent = Double(x.exponent)
        if mantissa > 1.414_213_562_373_095_1 {
            mantissa /= 2
            exponent += 1
        }
        // log m = 2 atanh(s), s = (m-1)/(m+1), |s| < 0.1716.
        let s = (mantissa - 1) / (mantissa + 1)
        let square = s * s
        var series = 0.0
        for power in stride(from: 25, through: 3, by: -2) {
            series = (series + 1 / Double(power)) * square
        }
        let fraction = 2 * s + 2 * s * series
        return exponent * ln2High + (exponent * ln2Low + fraction)
    }

    /// The exponential of a number.
    package static func exp(_ x: Double) -> Double {
        if x.isNaN { return x }
        if x > 709.782712893384 { return .infinity }
        if x < -745.2 { return 0 }
        let power = (x / 0.693_147_180_559_945_3).rounded(.toNearestOrEven)
        let rest = (x - power * ln2High) - power * ln2Low
        var series = 1.0
        for divisor in stride(from: 14, through: 1, by: -1) {
            series = 1 + series * rest / Double(divisor)
        }
        // Two factors, so that neither the scale nor a subnormal result overflows on the way.
        let half = (power / 2).rounded(.down)
        return series * scale(half) * scale(power - half)
    }

    /// The cosine of π·x, for schedules; `x` in [0, 1].
    package static func cosinePi(_ x: Double) -> Double {
        if x > 0.5 { return -cosinePi(1 - x) }
        if x > 0.25 { return sinePi(0.5 - x) }
        let square = (Double.pi * x) * (Double.pi * x)
        var series = 1.0
        for n in stride(from: 20, through: 2, by: -2) {
            series = 1 - series * square / Double(n * (n - 1))
        }
        return series
    }

    private static func sinePi(_ x: Double) -> Double {
        let angle = Double.pi * x
        let square = angle * angle
        var series = 1.0
        for n in stride(from: 21, through: 3, by: -2) {
            series = 1 - series * square / Double(n * (n - 1))
        }
        return angle * series
    }

    private static func scale(_ power: Double) -> Double {
        Double(sign: .plus, exponent: Int(power), significand: 1)
    }
}
