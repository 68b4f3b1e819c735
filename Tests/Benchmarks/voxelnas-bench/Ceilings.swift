import CCeilings
import Dispatch
import Kernels
import Synchronization

/// What the machine can do at best, measured.
struct Ceilings: Encodable {
    let threads: Int
    /// Multiply-adds in registers, by the instruction set in use: GFLOP/s.
    let gigaflopsPerSecond: Double
    /// Reading 256 MB per thread, GB/s.
    let memoryRead: Double
    /// `a = b + 3c` over 3 × 128 MB per thread, counting 12 bytes an element, GB/s.
    let memoryTriad: Double
    /// Reading 512 kB per thread, GB/s: the second-level cache.
    let cacheRead: Double

    /// Measures with threads that do nothing else; the best of a few tries, since a ceiling is what
    /// is possible.
    static func measured(threads: Int) -> Ceilings {
        let set = InstructionSet.current.rawValue
        return Ceilings(
            threads: threads,
            gigaflopsPerSecond: best(threads) { vc_multiply_adds(set, 4_000_000) },
            memoryRead: reading(64 << 20, threads: threads, repeats: 1),
            memoryTriad: triad(32 << 20, threads: threads),
            cacheRead: reading(128 << 10, threads: threads, repeats: 200))
    }

    /// The sum over threads of (what `body` did / its time), in units of 1e9 per second.
    private static func best(_ threads: Int, _ body: @Sendable () -> Double) -> Double {
        (0..<5).map { _ in
            let total = Mutex(0.0)
            DispatchQueue.concurrentPerform(iterations: threads) { _ in
                var done = 0.0
                let timing = timed { done = body() }
                total.withLock { $0 += done / timing.wall * 1e-9 }
            }
            return total.withLock { $0 }
        }.max() ?? 0
    }

    private static func reading(_ count: Int, threads: Int, repeats: Int) -> Double {
        let values = [Float](repeating: 1, count: count)
        return best(threads) {
            var sum: Float = 0
            for _ in 0..<repeats { sum += unsafe vc_read(values, count) }
            return sum > 0 ? Double(4 * count * repeats) : 0
        }
    }

    private static func triad(_ count: Int, threads: Int) -> Double {
        let (b, c) = ([Float](repeating: 1, count: count), [Float](repeating: 2, count: count))
        let targets = Mutex((0..<threads).map { _ in [Float](repeating: 0, count: count) })
        return best(threads) {
            var target = targets.withLock { $0.popLast() ?? [] }
            guard target.count == count else { return 0 }
            unsafe vc_triad(&target, b, c, count)
            targets.withLock { $0.append(target) }
            return Double(12 * count)
        }
    }
}
