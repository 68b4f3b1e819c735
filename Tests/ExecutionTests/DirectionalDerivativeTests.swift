import Execution
import Graphs
import Kernels
import Models
import SearchSpaces
import Tensors
import Testing

/// Gradients of whole paths against central differences of the loss: needs no reference files.
@Suite struct DirectionalDerivativeTests {
    /// Two narrow cells whose volumes stay large enough for batch statistics.
    private static let space = SearchSpace(
        cells: [
            .init(width: 24, blocks: 2, stride: VolumeSize(cubic: 2)),
            .init(width: 13, blocks: 2, stride: VolumeSize(cubic: 1)),
        ], featureChannels: 40)

    /// Every operation in some slot, the skip in two places.
    private static let paths = [[0, 7, 3, 5], [1, 4, 7, 2], [6, 3, 0, 7]]

    private let supernet = CovidNet3DSupernet(space: space, classes: 3)
    private let size = VolumeSize(8, 24, 24)
    private let batch = 4

    private func input() -> [Float] {
        var stream = RandomStream(seed: 5, name: "input")
        return (0..<batch * size.count).map { _ in Float(stream.nextNormal()) }
    }

    private func step(
        _ path: [Int], _ parameters: ParameterSet, threads: Int = 1
    ) throws -> StepResult {
        let plan = ExecutionPlan(
            graph: supernet.graph(of: Architecture(choices: path), input: size), batch: batch,
            mode: .training)
        return try unsafe input().withUnsafeBufferPointer {
            unsafe try Executor(threads: threads).trainingStep(
                plan, parameters: parameters, input: $0, labels: [0, 1, 2, 1])
        }
    }

    private func parameters(_ path: [Int]) -> ParameterSet {
        let graph = supernet.graph(of: Architecture(choices: path), input: size)
        var parameters = ParameterSet(initializing: graph.operators, seed: 7, model: "derivative")
        // Shifts and scales off their neutral values, so that both sides of ReLU6 are met.
        var stream = RandomStream(seed: 9, name: "noise")
        for layout in graph.operators {
            parameters[layout.id] = parameters[layout.id]?.map {
                $0 + 0.05 * Float(stream.nextNormal())
            }
        }
        return parameters
    }

    @Test(arguments: paths) func lossChangesAlongEveryGradient(path: [Int]) throws {
        let start = parameters(path)
        let gradients = try #require(try step(path, start).gradients)
        for (id, gradient) in gradients.blocks {
            let norm = sumOfSquares(gradient).squareRoot()
            guard norm > 1e-3 else { continue }
            // A change of the loss far above rounding and far below the next kink.
            let distance = Float(min(2e-3 / norm, 0.02))
            func loss(_ sign: Float) throws -> Double {
                var moved = start
                moved[id] = zip(start[id] ?? [], gradient).map {
                    $0 + sign * distance * $1 / Float(norm)
                }
                return try step(path, moved).loss
            }
            let slope = try (loss(1) - loss(-1)) / (2 * Double(distance))
            #expect(abs(slope / norm - 1) < 0.03, "\(id): slope \(slope), gradient \(norm)")
        }
    }

    /// Where a product has fewer voxels than channels, its gradient goes another way.
    @Test func productsOfFewVoxelsHaveTheGradientOfMany() throws {
        let space = SearchSpace(
            cells: [.init(width: 48, blocks: 3, stride: VolumeSize(cubic: 2))], featureChannels: 96)
        let path = Architecture(choices: [2, 5, 0])
        let size = VolumeSize(4, 12, 12)
        let graph = CovidNet3DSupernet(space: space, classes: 3).graph(of: path, input: size)
        let parameters = ParameterSet(initializing: graph.operators, seed: 7, model: "derivative")
        var stream = RandomStream(seed: 5, name: "input")
        let sample = (0..<size.count).map { _ in Float(stream.nextNormal()) }
        let other = (0..<size.count).map { _ in Float(stream.nextNormal()) }
        // The same two samples again and again: their mean loss and its gradient stay what they are.
        func step(_ times: Int) throws -> StepResult {
            let input = (0..<times).flatMap { _ in sample + other }
            return try unsafe input.withUnsafeBufferPointer {
                unsafe try Executor(threads: 1).trainingStep(
                    ExecutionPlan(graph: graph, batch: 2 * times, mode: .training),
                    parameters: parameters, input: $0,
                    labels: (0..<times).flatMap { _ in [0, 2] })
            }
        }
        let few = try #require(try step(1).gradients)
        let many = try #require(try step(32).gradients)
        for (id, gradient) in many.blocks {
            let difference = zip(gradient, few[id] ?? []).map { $0 - $1 }
            let size = sumOfSquares(gradient).squareRoot()
            #expect(sumOfSquares(difference).squareRoot() <= 1e-3 * size + 1e-6, "\(id)")
        }
    }

    @Test(arguments: paths) func threadsGiveTheSameBits(path: [Int]) throws {
        let start = parameters(path)
        let (one, two, three) = try (
            step(path, start), step(path, start, threads: 2), step(path, start, threads: 3)
        )
        #expect(one.loss == two.loss && one.loss == three.loss)
        #expect(one.gradients == two.gradients && one.gradients == three.gradients)
        #expect(one.statistics == two.statistics && one.statistics == three.statistics)
    }
}
