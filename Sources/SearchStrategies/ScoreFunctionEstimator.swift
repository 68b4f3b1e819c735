package import SearchSpaces

/// The gradient of alpha from the losses of several sampled paths: the score function, or REINFORCE.
///
/// For the expected loss under `p = softmax(alpha)` slot by slot,
/// `dE[L]/dalpha_k = E[(L − b) (δ_sk − p_k)]`. The baseline `b` of a path is the mean loss of the
/// other paths, which keeps the estimate unbiased and takes most of its variance.
///
/// - SeeAlso: Williams, *Simple statistical gradient-following algorithms*, 1992; Kool, van Hoof &
///   Welling, *Buy 4 REINFORCE samples, get a baseline for free*, 2019.
package struct ScoreFunctionEstimator: Sendable {
    /// An estimator.
    package init() {}

    /// The gradient of the expected loss.
    ///
    /// - Parameters:
    ///   - alpha: The logits that the paths were sampled from.
    ///   - paths: Two paths or more.
    ///   - losses: The loss of every path.
    /// - Returns: The gradient of every logit, `[slots, operations]` in row-major order.
    package func gradient(
        alpha: ArchitectureParameters, paths: [Architecture], losses: [Double]
    ) -> [Double] {
        precondition(paths.count >= 2 && paths.count == losses.count, "two paths or more")
        let probabilities = (0..<alpha.slots).map(alpha.probabilities(ofSlot:))
        let total = losses.reduce(0, +)
        var gradient = [Double](repeating: 0, count: alpha.logits.count)
        for (path, loss) in zip(paths, losses) {
            let baseline = (total - loss) / Double(paths.count - 1)
            let advantage = (loss - baseline) / Double(paths.count)
            for slot in 0..<alpha.slots {
                for column in 0..<alpha.operations {
                    let delta = path.choices[slot] == column ? 1.0 : 0.0
                    gradient[slot * alpha.operations + column] +=
                        advantage * (delta - probabilities[slot][column])
                }
            }
        }
        return gradient
    }
}
