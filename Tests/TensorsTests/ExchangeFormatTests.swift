import Tensors
import Testing

@Suite("What travels")
struct ExchangeFormatTests {
    /// Bits that have their own rule: halves to either side of ties, zeros, what is not finite.
    private static let awkward: [Float] = [
        0, -0.0, 1, -1, Float(bitPattern: 0x3f80_8000), Float(bitPattern: 0x3f81_8000),
        Float(bitPattern: 0x3f80_8001), Float(bitPattern: 0x3f80_7fff), .infinity, -.infinity,
        .leastNonzeroMagnitude, .leastNormalMagnitude, 3.14159,
    ]

    @Test("is rounded to the nearest bfloat16, ties to even")
    func rounding() {
        let found = ExchangeFormat.bfloat16.rounded(Self.awkward).map(\.bitPattern)
        #expect(
            found == [
                0, 0x8000_0000, 0x3f80_0000, 0xbf80_0000, 0x3f80_0000, 0x3f82_0000, 0x3f81_0000,
                0x3f80_0000, 0x7f80_0000, 0xff80_0000, 0, 0x0080_0000, 0x4049_0000,
            ])
        let tooLarge = ExchangeFormat.bfloat16.rounded([.greatestFiniteMagnitude])
        #expect(tooLarge == [.infinity])
        // A signalling NaN whose payload lies in the lower half must not become infinite.
        let noNumber = ExchangeFormat.bfloat16.rounded([.nan, Float(bitPattern: 0x7f80_0001)])
        #expect(noNumber.map(\.isNaN) == [true, true])
        #expect(ExchangeFormat.float32.rounded(Self.awkward) == Self.awkward)
    }

    @Test("comes out of its words as it was rounded", arguments: ExchangeFormat.allCases)
    func packing(format: ExchangeFormat) {
        for count in 0...Self.awkward.count {
            let values = Array(Self.awkward.prefix(count))
            let words = format.packed(values)
            #expect(words.count == format.wordCount(count))
            let found = format.unpacked(words, count: count).map(\.bitPattern)
            #expect(found == format.rounded(values).map(\.bitPattern))
            #expect(format.rounded(format.rounded(values)) == format.rounded(values))
        }
    }

    @Test("has the first value of a word in its low half")
    func order() {
        let words = ExchangeFormat.bfloat16.packed([1, -2, 4])
        #expect(words.map(\.bitPattern) == [0xc000_3f80, 0x0000_4080])
    }
}
