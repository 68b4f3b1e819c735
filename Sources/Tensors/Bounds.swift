extension [Float] {
    /// Whether no element has a larger magnitude; what is not a number is never bounded.
    ///
    /// - Parameter limit: A finite, positive number.
    /// - Returns: `true` for an empty array.
    package func isBounded(by limit: Float) -> Bool {
        // Without signs, floats are ordered as their bits are, and a vector of bits has a maximum in
        // one instruction.
        var largest: Int32 = 0
        for value in self { largest = Swift.max(largest, Int32(value.bitPattern & 0x7fff_ffff)) }
        return largest <= Int32(limit.bitPattern)
    }
}
