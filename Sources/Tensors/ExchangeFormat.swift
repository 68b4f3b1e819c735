/// What parameters and gradients are rounded to where they travel between coordinator and worker.
///
/// Rounding is part of what a task means, wherever it is computed, so a search has the same bits
/// with any number of workers and with none.
package enum ExchangeFormat: String, CaseIterable, Hashable, Sendable {
    /// As they are: four bytes each.
    case float32
    /// To the nearest bfloat16, ties to even: two bytes each, a relative error of at most 2^-8.
    case bfloat16

    /// Values rounded to the format; unchanged where they are of it already.
    package func rounded(_ values: [Float]) -> [Float] {
        switch self {
        case .float32: return values
        case .bfloat16:
            var rounded = values
            for index in rounded.indices {
                rounded[index] = Float(
                    bitPattern: UInt32(Self.half(rounded[index].bitPattern)) << 16)
            }
            return rounded
        }
    }

    /// The number of 32-bit words that so many values travel in.
    package func wordCount(_ count: Int) -> Int {
        switch self {
        case .float32: count
        case .bfloat16: (count + 1) / 2
        }
    }

    /// Values as they travel: 32-bit words, with two bfloat16 in each, the first in the low half.
    ///
    /// - Returns: ``wordCount(_:)`` words; an odd value's other half is zero.
    package func packed(_ values: [Float]) -> [Float] {
        switch self {
        case .float32: return values
        case .bfloat16:
            var words = [Float](repeating: 0, count: wordCount(values.count))
            for index in 0..<(values.count / 2) {
                let low = UInt32(Self.half(values[2 * index].bitPattern))
                let high = UInt32(Self.half(values[2 * index + 1].bitPattern))
                words[index] = Float(bitPattern: high << 16 | low)
            }
            if values.count % 2 == 1 {
                let low = UInt32(Self.half(values[values.count - 1].bitPattern))
                words[words.count - 1] = Float(bitPattern: low)
            }
            return words
        }
    }

    /// The values of words that travelled.
    ///
    /// - Precondition: There are ``wordCount(_:)`` of `count` words.
    package func unpacked(_ words: [Float], count: Int) -> [Float] {
        precondition(words.count == wordCount(count), "words of another number of values")
        switch self {
        case .float32: return words
        case .bfloat16:
            var values = [Float](repeating: 0, count: count)
            for index in 0..<(count / 2) {
                let word = words[index].bitPattern
                values[2 * index] = Float(bitPattern: word << 16)
                values[2 * index + 1] = Float(bitPattern: word & 0xffff_0000)
            }
            if count % 2 == 1 {
                values[count - 1] = Float(bitPattern: words[words.count - 1].bitPattern << 16)
            }
            return values
        }
    }

    /// The upper half of a float's bits, rounded; what is not a number stays none.
    @inline(__always)
    private static func half(_ bits: UInt32) -> UInt16 {
        if bits & 0x7fff_ffff > 0x7f80_0000 { return UInt16(bits >> 16) | 0x40 }
        return UInt16(truncatingIfNeeded: (bits &+ 0x7fff &+ (bits >> 16 & 1)) >> 16)
    }
}

extension ParameterSet {
    /// The set with every block rounded to a format.
    package func rounded(to format: ExchangeFormat) -> ParameterSet {
        format == .float32 ? self : ParameterSet(blocks.mapValues(format.rounded))
    }
}
