internal import Tensors

/// The learning rate as a function of time.
package enum LearningRateSchedule: Hashable, Sendable {
    /// The same rate throughout.
    case constant(Double)
    /// Half a cosine from `start` at 0 down to `end` at `period`, and up again behind it, as
    /// PyTorch's `CosineAnnealingLR` in closed form.
    case cosine(start: Double, end: Double, period: Int)

    /// The rate at a step or epoch, counted from 0.
    ///
    /// - Parameter time: The step or epoch.
    /// - Returns: The rate.
    package func rate(at time: Int) -> Double {
        switch self {
        case .constant(let rate): return rate
        case .cosine(let start, let end, let period):
            // The cosine is even and has period 2: fold the time into 0...period.
            let phase = time % (2 * period)
            let place = phase <= period ? phase : 2 * period - phase
            let cosine = PortableMath.cosinePi(Double(place) / Double(period))
            return end + (start - end) * (1 + cosine) / 2
        }
    }
}
