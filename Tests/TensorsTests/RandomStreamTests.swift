import Foundation
import Tensors
import Testing

@Suite("A random stream")
struct RandomStreamTests {
    @Test("computes the published Philox4x32-10 blocks")
    func knownAnswers() {
        // Random123's known-answer vectors.
        #expect(
            RandomStream.philox(SIMD4(repeating: 0), SIMD2(repeating: 0))
                == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
        #expect(
            RandomStream.philox(SIMD4(repeating: .max), SIMD2(repeating: .max))
                == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
        #expect(
            RandomStream.philox(
                SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
                SIMD2(0xa409_3822, 0x299f_31d0))
                == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
    }

    @Test("is a function of seed, name and counters")
    func keyed() {
        func first(_ seed: UInt64, _ name: String, _ counter: UInt32) -> UInt32 {
            var stream = RandomStream(seed: seed, name: name, counters: counter)
            return stream.next()
        }
        #expect(first(1, "a", 0) == first(1, "a", 0))
        #expect(
            Set([first(1, "a", 0), first(2, "a", 0), first(1, "b", 0), first(1, "a", 1)]).count == 4
        )
    }

    @Test("draws integers below a bound without bias")
    func uniformIntegers() {
        var stream = RandomStream(seed: 3, name: "dice")
        var counts = [Int](repeating: 0, count: 6)
        for _ in 0..<60_000 { counts[stream.next(below: 6)] += 1 }
        // Each count is binomial with sd 91; five of them is one failure in a million.
        #expect(counts.allSatisfy { abs($0 - 10_000) < 460 })
    }

    @Test("draws normal and Gumbel numbers with the right moments")
    func moments() {
        var stream = RandomStream(seed: 4, name: "moments")
        let normal = (0..<40_000).map { _ in stream.nextNormal() }
        let gumbel = (0..<40_000).map { _ in stream.nextGumbel() }
        func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
        #expect(abs(mean(normal)) < 0.025)
        #expect(abs(mean(normal.map { $0 * $0 }) - 1) < 0.04)
        #expect(abs(mean(gumbel) - 0.577_215_66) < 0.035)
    }

    @Test("permutes")
    func permutation() {
        var stream = RandomStream(seed: 5, name: "order")
        let order = stream.permutation(of: 100)
        #expect(order.sorted() == Array(0..<100))
        #expect(order != Array(0..<100))
    }
}

@Suite("Portable mathematics")
struct PortableMathTests {
    @Test("agrees with the C library to the last bits")
    func agrees() {
        var stream = RandomStream(seed: 6, name: "arguments")
        for _ in 0..<20_000 {
            let u = stream.nextUnit()
            let x = (u - 0.5) * 1400
            let positive = Foundation.exp(x)
            #expect(abs(PortableMath.exp(x) - positive) <= 6e-16 * positive)
            let logarithm = Foundation.log(positive)
            #expect(abs(PortableMath.log(positive) - logarithm) <= 5e-16 * max(1, abs(logarithm)))
            #expect(
                abs(PortableMath.log(u) - Foundation.log(u)) <= 5e-16
                    * max(1, abs(Foundation.log(u))))
            #expect(abs(PortableMath.cosinePi(u) - Foundation.cos(Double.pi * u)) <= 4e-16)
        }
    }

    @Test("handles the ends of the range")
    func ends() {
        #expect(PortableMath.log(0) == -.infinity)
        #expect(PortableMath.log(-1).isNaN)
        #expect(PortableMath.log(1) == 0)
        #expect(PortableMath.exp(0) == 1)
        #expect(PortableMath.exp(1000) == .infinity)
        #expect(PortableMath.exp(-1000) == 0)
    }
}
