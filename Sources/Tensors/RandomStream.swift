/// Random numbers as a function of (seed, stream name, counters), the same on every machine.
///
/// Philox4x32 with 10 rounds: the key is the seed mixed with the name, three counters are the
/// caller's and the fourth counts blocks within the stream. Streams with another name or other
/// counters are independent, so no draw depends on the order in which tasks happen to run.
///
/// - SeeAlso: Salmon et al., *Parallel random numbers: as easy as 1, 2, 3*, SC 2011.
package struct RandomStream: Sendable {
    private let key: SIMD2<UInt32>
    private var counter: SIMD4<UInt32>
    private var block = SIMD4<UInt32>()
    private var used = 4

    /// A stream at its start.
    ///
    /// - Parameters:
    ///   - seed: The run's seed.
    ///   - name: What the numbers are for, such as `gumbel`.
    ///   - counters: Up to three positions, such as step, phase and path.
    package init(seed: UInt64, name: String, counters: UInt32...) {
        precondition(counters.count <= 3, "a stream has at most three counters")
        // FNV-1a over the name, then a SplitMix64 finaliser over its mixture with the seed.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        var mixed = hash ^ (seed &* 0x9e37_79b9_7f4a_7c15)
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        mixed ^= mixed >> 31
        key = SIMD2(UInt32(truncatingIfNeeded: mixed), UInt32(truncatingIfNeeded: mixed >> 32))
        counter = SIMD4(repeating: 0)
        for (axis, value) in counters.enumerated() { counter[axis + 1] = value }
    }

    /// The next 32 random bits.
    package mutating func next() -> UInt32 {
        if used == 4 {
            block = Self.philox(counter, key)
            counter[0] &+= 1
            used = 0
        }
        defer { used += 1 }
        return block[used]
    }

    /// A number in the open interval (0, 1), with 53 bits.
    package mutating func nextUnit() -> Double {
        let high = UInt64(next()) << 32
        let bits = high | UInt64(next())
        return (Double(bits >> 11) + 0.5) * 0x1p-53
    }

    /// An integer uniform in `0..<bound`, without bias.
    package mutating func next(below bound: Int) -> Int {
        precondition(bound > 0 && bound <= Int(UInt32.max), "bound out of range")
        let limit = UInt32(bound)
        let threshold = (0 &- limit) % limit
        while true {
            let product = UInt64(next()) * UInt64(limit)
            if UInt32(truncatingIfNeeded: product) >= threshold { return Int(product >> 32) }
        }
    }

    /// A standard normal number (Box and Muller's polar form, one number per accepted pair).
    package mutating func nextNormal() -> Double {
        while true {
            let x = 2 * nextUnit() - 1
            let y = 2 * nextUnit() - 1
            let square = x * x + y * y
            if square < 1, square > 0 {
                return x * (-2 * PortableMath.log(square) / square).squareRoot()
            }
        }
    }

    /// A standard Gumbel number, `-log(-log u)`.
    package mutating func nextGumbel() -> Double {
        -PortableMath.log(-PortableMath.log(nextUnit()))
    }

    /// A random order of `0..<count` (Fisher and Yates).
    package mutating func permutation(of count: Int) -> [Int] {
        var order = Array(0..<count)
        guard count > 1 else { return order }
        for last in stride(from: count - 1, to: 0, by: -1) {
            order.swapAt(last, next(below: last + 1))
        }
        return order
    }

    /// One Philox4x32-10 block.
    package static func philox(
        _ counter: SIMD4<UInt32>, _ key: SIMD2<UInt32>
    ) -> SIMD4<UInt32> {
        var state = counter
        var roundKey = key
        for _ in 0..<10 {
            let first = UInt64(0xd251_1f53) * UInt64(state[0])
            let second = UInt64(0xcd9e_8d57) * UInt64(state[2])
            state = SIMD4(
                UInt32(truncatingIfNeeded: second >> 32) ^ state[1] ^ roundKey[0],
                UInt32(truncatingIfNeeded: second),
                UInt32(truncatingIfNeeded: first >> 32) ^ state[3] ^ roundKey[1],
                UInt32(truncatingIfNeeded: first))
            roundKey = SIMD2(roundKey[0] &+ 0x9e37_79b9, roundKey[1] &+ 0xbb67_ae85)
        }
        return state
    }
}
