import Models
import RunConfiguration
import SearchSpaces
import SearchStrategies
import Tasks
import Tensors
import Testing
import ToySearch
import Training

/// What alpha is told, against the truth over all 512 networks of the toy.
///
/// - SeeAlso: `Docs/Method.md`, *The signal test*.
@Suite("The signal that alpha gets", .serialized)
struct SignalTests {
    /// A toy supernet after some training, and the loss of each of its 512 networks on D_V.
    private struct Trained {
        let program: SearchProgram
        let runner: TaskRunner
        var state: SearchState
        let losses: [Double]

        init() async throws {
            let configuration = try ToySearch.configuration(
                "search.preset=uniform", "search.paths=8", "search.microBatches=1",
                "search.microBatchSize=16")
            program = try ToySearch.program(configuration)
            runner = try ToySearch.runner(configuration)
            let executor = LocalRoundExecutor(runner)
            let supernet = CovidNet3DSupernet(space: program.space, classes: 2)
            state = SearchState(
                space: program.space, operators: supernet.operators, alphaDeviation: 0.3, seed: 5,
                digest: configuration.digest)
            for _ in 0..<12 { _ = try await program.advance(&state, on: executor) }
            var losses: [Double] = []
            for code in 0..<512 {
                let path = Architecture(choices: [code / 64, code / 8 % 8, code % 8])
                losses.append(try Self.result(of: path, state, runner, .slotProducts).loss)
            }
            self.losses = losses
        }

        static func result(
            of path: Architecture, _ state: SearchState, _ runner: TaskRunner,
            _ kind: TaskDescription.Kind
        ) throws -> TaskResult {
            let task = TaskDescription(
                key: TaskKey(round: 0, index: 0), kind: kind, model: .supernet,
                network: .fixed(path),
                batch: .init(
                    volumes: "search", scans: Array(32..<64), epoch: 0, augmented: false),
                objective: .init())
            let needs = try runner.requirements(of: task, alpha: [])
            return try runner.compute(
                task, architecture: path,
                parameters: ParameterSet(
                    state.supernet.parameters.blocks.filter { needs.operators.contains($0.key) }),
                statistics: ParameterSet())
        }

        func loss(_ path: Architecture) -> Double {
            losses[path.choices[0] * 64 + path.choices[1] * 8 + path.choices[2]]
        }

        /// The mean loss over all networks, each with its probability.
        func expectedLoss(_ alpha: ArchitectureParameters) -> Double {
            let probabilities = (0..<3).map(alpha.probabilities(ofSlot:))
            return (0..<512).reduce(0) { sum, code in
                let choices = [code / 64, code / 8 % 8, code % 8]
                return sum + losses[code]
                    * (0..<3).reduce(1.0) { $0 * probabilities[$1][choices[$1]] }
            }
        }

        /// The derivative of ``expectedLoss(_:)``, by central differences.
        func truth() -> [Double] {
            state.alpha.logits.indices.map { index in
                var up = state.alpha
                var down = state.alpha
                up.logits[index] += 0.01
                down.logits[index] -= 0.01
                return (expectedLoss(up) - expectedLoss(down))
                    / Double(up.logits[index] - down.logits[index])
            }
        }
    }

    private func cosine(_ left: [Double], _ right: [Double]) -> Double {
        func dot(_ a: [Double], _ b: [Double]) -> Double {
            zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
        }
        return dot(left, right) / (dot(left, left) * dot(right, right)).squareRoot()
    }

    @Test(
        "is unbiased by the score function, lowers the expected loss, and is reported for straight-through"
    )
    func signal() async throws {
        let toy = try await Trained()
        let truth = toy.truth()
        let alpha = toy.state.alpha
        // The score function: mean within 3 standard errors of the truth.
        var sums = [Double](repeating: 0, count: 24)
        var squares = sums
        let repeats = 3000
        for step in 0..<repeats {
            let paths = (0..<4).map {
                SampledPath(from: alpha, seed: 1, step: UInt32(step), phase: 7, path: UInt32($0))
                    .architecture
            }
            let gradient = ScoreFunctionEstimator().gradient(
                alpha: alpha, paths: paths, losses: paths.map(toy.loss))
            for index in gradient.indices {
                sums[index] += gradient[index]
                squares[index] += gradient[index] * gradient[index]
            }
        }
        let beyond = truth.indices.count { index in
            let mean = sums[index] / Double(repeats)
            let variance = squares[index] / Double(repeats) - mean * mean
            return abs(mean - truth[index]) > 3 * (variance / Double(repeats)).squareRoot() + 1e-6
        }
        #expect(beyond <= 1)
        // Straight-through: the mean over paths, whose direction is reported.
        var straight = [Double](repeating: 0, count: 24)
        for step in 0..<200 {
            let path = SampledPath(from: alpha, seed: 1, step: UInt32(step), phase: 8, path: 0)
            let products = try Trained.result(
                of: path.architecture, toy.state, toy.runner, .slotProducts
            ).slotProducts
            let gradient = StraightThroughEstimator(temperature: 1).gradient(
                alpha: alpha, path: path, slotProducts: products.map(Double.init))
            for index in gradient.indices { straight[index] += gradient[index] / 200 }
        }
        let direction = cosine(straight, truth)
        print("straight-through cosine to the true gradient: \(direction)")
        // The true gradient and the score function's mean lower the expected loss.
        for gradient in [truth, sums.map { $0 / Double(repeats) }] {
            var moved = alpha
            for index in gradient.indices { moved.logits[index] -= Float(2 * gradient[index]) }
            #expect(toy.expectedLoss(moved) < toy.expectedLoss(alpha) - 1e-4)
        }
    }
}
