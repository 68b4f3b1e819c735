/// A number with a fixed count of decimals, or `n/a`; the same text on every machine.
func decimal(_ value: Double?, _ digits: Int) -> String {
    guard let value else { return "n/a" }
    let scale = (0..<digits).reduce(1.0) { power, _ in power * 10 }
    let scaled = (abs(value) * scale).rounded()
    guard scaled < 1e15 else { return "\(value)" }
    let text = String(Int(scaled))
    let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
    let sign = value < 0 && scaled > 0 ? "-" : ""
    let whole = padded.dropLast(digits)
    return sign + (digits == 0 ? whole : whole + "." + padded.suffix(digits))
}

/// A number on an axis or bar of the given extent, with decimals enough to tell its quarters.
func tick(_ value: Double, extent: Double) -> String {
    var digits = 0
    var unit = extent
    while unit < 50, digits < 6 {
        unit *= 10
        digits += 1
    }
    return decimal(value, digits)
}

/// A share as per cent with one decimal, or `n/a`.
func percent(_ value: Double?) -> String {
    value.map { decimal($0 * 100, 1) + " %" } ?? "n/a"
}
