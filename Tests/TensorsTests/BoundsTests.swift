import Tensors
import Testing

@Suite("Floats are bounded")
struct BoundsTests {
    @Test("up to the limit, with either sign and at every place")
    func limit() {
        #expect([Float]().isBounded(by: 1))
        #expect([Float(0), -0, 1, -1, .leastNonzeroMagnitude].isBounded(by: 1))
        for place in 0..<37 {
            for value in [Float(1).nextUp, Float(-1).nextDown, .infinity, -.infinity] {
                var values = [Float](repeating: -1, count: 37)
                values[place] = value
                #expect(!values.isBounded(by: 1), "\(value) at \(place)")
            }
        }
    }

    @Test("never where one is not a number")
    func notANumber() {
        for value in [Float.nan, -Float.nan, .signalingNaN] {
            #expect(![0, value, 0].isBounded(by: .greatestFiniteMagnitude))
        }
        #expect([-Float.greatestFiniteMagnitude].isBounded(by: .greatestFiniteMagnitude))
    }
}
