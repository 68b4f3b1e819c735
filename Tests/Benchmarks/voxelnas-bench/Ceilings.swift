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

    /// Measures with threads that do nothing else.
    ///
    /// A ceiling is what is possible, so the best of many short tries counts: each is shorter than
    /// the turn that other programs get.
    static func measured(threads: Int) -> Ceilings {
        let set = InstructionSet.current.rawValue
        return Ceilings(
            threads: threads,
            gigaflopsPerSecond: best(threads, tries: 200) { _ in vc_multiply_adds(set, 200_000) },
            memoryRead: reading(64 << 20, piece: 1 << 20, threads: threads),
            memoryTriad: triad(32 << 20, piece: 1 << 18, threads: threads),
            cacheRead: reading(128 << 10, piece: 128 << 10, threads: threads))
    }

    /// The largest sum over threads of (what `body` did / its time), in 1e9 per second.
    private static func best(
        _ threads: Int, tries: Int, _ body: @Sendable (_ try: Int) -> Double
    ) -> Double {
        (0..<tries).map { number in
            let total = Mutex(0.0)
            DispatchQueue.concurrentPerform(iterations: threads) { thread in
                var done = 0.0
                let timing = timed { done = body(number * threads + thread) }
                total.withLock { $0 += done / timing.wall * 1e-9 }
            }
            return total.withLock { $0 }
        }.max() ?? 0
    }

    /// Reads pieces of an array, each try another one: an array larger than the caches comes from
    /// memory every time.
    private static func reading(_ count: Int, piece: Int, threads: Int) -> Double {
        let values = [Float](repeating: 1, count: count)
        return best(threads, tries: 200) { number in
            let start = number * piece % count
            let sum = unsafe values.withUnsafeBufferPointer { buffer -> Float in
                guard let base = buffer.baseAddress else { return 0 }
                return unsafe vc_read(base + start, piece)
            }
            return sum > 0 ? Double(4 * piece) : 0
        }
    }

    private static func triad(_ count: Int, piece: Int, threads: Int) -> Double {
        let arrays = UnsafeArrays(count: count)
        return best(threads, tries: 200) { number in
            // Tries of one moment are on different pieces.
            let start = number * piece % count
            let (a, b, c) = unsafe (arrays.a + start, arrays.b + start, arrays.c + start)
            unsafe vc_triad(a, b, c, piece)
            return Double(12 * piece)
        }
    }
}

/// Three arrays that threads work on in disjoint pieces.
@safe private final class UnsafeArrays: @unchecked Sendable {
    // `@unchecked`: allocated once and freed at the end; callers write disjoint ranges.
    let a, b, c: UnsafeMutablePointer<Float>

    init(count: Int) {
        func filled() -> UnsafeMutablePointer<Float> {
            let array = UnsafeMutablePointer<Float>.allocate(capacity: count)
            unsafe array.initialize(repeating: 1, count: count)
            return unsafe array
        }
        unsafe (a, b, c) = (filled(), filled(), filled())
    }

    deinit {
        unsafe a.deallocate()
        unsafe b.deallocate()
        unsafe c.deallocate()
    }
}
