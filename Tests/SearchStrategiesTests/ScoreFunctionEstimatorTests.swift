import SearchSpaces
import SearchStrategies
import Tensors
import Testing

/// A toy of three slots with eight operations whose 512 losses are all known.
///
/// - SeeAlso: `Docs/Method.md`, the signal test.
@Suite("The score-function estimator")
struct ScoreFunctionEstimatorTests {
    private let losses: [Double]
    private let alpha: ArchitectureParameters

    init() {
        var stream = RandomStream(seed: 8, name: "toy")
        let parts = (0..<24).map { _ in stream.nextNormal() }
        losses = (0..<512).map { code in
            let choices = [code / 64, code / 8 % 8, code % 8]
            return 2 + 0.3 * (parts[choices[0]] + parts[8 + choices[1]] + parts[16 + choices[2]])
                + 0.1 * stream.nextNormal()
        }
        alpha = ArchitectureParameters(
            slots: 3, operations: 8, logits: (0..<24).map { _ in Float(stream.nextNormal() * 0.5) })
    }

    private func loss(_ path: Architecture) -> Double {
        losses[path.choices[0] * 64 + path.choices[1] * 8 + path.choices[2]]
    }

    /// The derivative of the expected loss over all 512 paths.
    private func truth() -> [Double] {
        let probabilities = (0..<3).map(alpha.probabilities(ofSlot:))
        var gradient = [Double](repeating: 0, count: 24)
        for code in 0..<512 {
            let choices = [code / 64, code / 8 % 8, code % 8]
            let probability = (0..<3).reduce(1.0) { $0 * probabilities[$1][choices[$1]] }
            for slot in 0..<3 {
                for column in 0..<8 {
                    let delta = choices[slot] == column ? 1.0 : 0.0
                    gradient[slot * 8 + column] +=
                        probability * losses[code] * (delta - probabilities[slot][column])
                }
            }
        }
        return gradient
    }

    @Test("is unbiased: its mean is the true gradient within 3 standard errors")
    func unbiased() {
        let truth = truth()
        let estimator = ScoreFunctionEstimator()
        let repeats = 4000
        var sums = [Double](repeating: 0, count: 24)
        var squares = [Double](repeating: 0, count: 24)
        for step in 0..<repeats {
            let paths = (0..<4).map { path in
                SampledPath(
                    from: alpha, seed: 2, step: UInt32(step), phase: 0, path: UInt32(path)
                ).architecture
            }
            let gradient = estimator.gradient(
                alpha: alpha, paths: paths, losses: paths.map(loss))
            for index in gradient.indices {
                sums[index] += gradient[index]
                squares[index] += gradient[index] * gradient[index]
            }
        }
        // 24 comparisons: one beyond 3 errors is expected in 15 seeds, two in one of 500.
        let beyond = truth.indices.count { index in
            let mean = sums[index] / Double(repeats)
            let variance = squares[index] / Double(repeats) - mean * mean
            return abs(mean - truth[index]) > 3 * (variance / Double(repeats)).squareRoot()
        }
        #expect(beyond <= 1)
    }

    @Test("gives nothing when all paths are equally good")
    func flat() {
        let paths = [Architecture(choices: [0, 1, 2]), Architecture(choices: [3, 4, 5])]
        let gradient = ScoreFunctionEstimator().gradient(
            alpha: alpha, paths: paths, losses: [0.7, 0.7])
        #expect(gradient.allSatisfy { $0 == 0 })
    }
}
