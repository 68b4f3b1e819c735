import Foundation

/// What something took, in seconds.
struct Timing {
    /// On the clock.
    var wall: Double
    /// Of all threads of this process: little disturbed by what else runs.
    var processor: Double

    static func + (left: Timing, right: Timing) -> Timing {
        Timing(wall: left.wall + right.wall, processor: left.processor + right.processor)
    }
}

/// Runs `body` and says what it took.
func timed(_ body: () throws -> Void) rethrows -> Timing {
    let (wall, processor) = (now(CLOCK_MONOTONIC), now(CLOCK_PROCESS_CPUTIME_ID))
    try body()
    return Timing(
        wall: now(CLOCK_MONOTONIC) - wall, processor: now(CLOCK_PROCESS_CPUTIME_ID) - processor)
}

private func now(_ clock: clockid_t) -> Double {
    var time = timespec()
    _ = unsafe clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// The middle of the values; of an even number, the mean of the two in the middle.
func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// A number with few digits, such as a JSON row holds.
func rounded(_ value: Double, _ digits: Int = 3) -> Double {
    let factor = pow(10, Double(digits))
    return (value * factor).rounded() / factor
}
