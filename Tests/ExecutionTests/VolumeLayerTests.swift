import Execution
import Graphs
import Models
import SearchSpaces
import Tensors
import Testing

private func values(_ count: Int, _ name: String) -> [Float] {
    var stream = RandomStream(seed: 3, name: name)
    return (0..<count).map { _ in Float(stream.nextNormal()) }
}

/// A network of every layer that baselines need, whose nodes have several readers.
private func branched() -> Graph {
    func specification(_ name: String, _ shape: [Int]) -> ParameterSpecification {
        ParameterSpecification(
            name: name, shape: shape, initialization: .normal(standardDeviation: 0.3))
    }
    func norm(_ name: String, _ channels: Int) -> [ParameterSpecification] {
        [
            ParameterSpecification(
                name: name + ".weight", shape: [channels], initialization: .constant(1)),
            specification(name + ".bias", [channels]),
        ]
    }
    var builder = GraphBuilder(input: VolumeSize(6, 11, 12), channels: 1)
    let layer = builder.add(
        OperatorLayout(
            id: OperatorID("net"),
            parameters: [specification("stem.weight", [27, 1, 8])] + norm("bn1", 8)
                + [specification("a.weight", [27, 8, 8])] + norm("bn2", 8)
                + [specification("b.weight", [9, 8, 8]), specification("c.weight", [8, 16])]
                + norm("bn3", 24) + [specification("d.weight", [27, 24, 8])],
            normalizations: [
                .init(name: "bn1", channels: 8), .init(name: "bn2", channels: 8),
                .init(name: "bn3", channels: 24),
            ]))
    let three = VolumeSize(cubic: 3)
    builder.convolution(
        layer, "stem", kernel: three, stride: VolumeSize(cubic: 1), channels: 8)
    builder.normalization(layer, "bn1", activation: .relu, epsilon: 1e-5)
    builder.maxPooling(kernel: three, stride: VolumeSize(1, 2, 2))
    let pooled = builder.last
    builder.convolution(layer, "a", kernel: three, stride: VolumeSize(cubic: 1), channels: 8)
    builder.normalization(layer, "bn2", activation: .linear, epsilon: 1e-5)
    builder.sum(with: pooled)
    builder.activation(.relu)
    let joined = builder.last
    builder.convolution(
        layer, "b", kernel: VolumeSize(1, 3, 3), stride: VolumeSize(cubic: 1), channels: 8)
    let convolved = builder.last
    builder.read(from: joined)
    builder.pointwise(layer, "c", channels: 16)
    builder.concatenation(of: [convolved, builder.last])
    builder.normalization(layer, "bn3", activation: .relu, epsilon: 1e-5)
    builder.averagePooling(2)
    builder.convolution(layer, "d", kernel: three, stride: VolumeSize(cubic: 2), channels: 8)
    // The pooled volume is read a third time, behind everything else.
    let end = builder.last
    builder.read(from: pooled)
    builder.averagePooling(6)
    builder.concatenation(of: [builder.last])
    let short = builder.last
    builder.read(from: end)
    builder.maxPooling(kernel: three, stride: VolumeSize(3, 3, 3))
    builder.concatenation(of: [builder.last, short])
    let head = builder.add(
        OperatorLayout(
            id: OperatorID("classifier"),
            parameters: [
                specification("classifier.weight", [16, 3]), specification("classifier.bias", [3]),
            ], normalizations: []))
    builder.classifier(head, "classifier", classes: 3)
    return builder.build()
}

@Suite("The layers of published networks")
struct VolumeLayerTests {
    private let graph = branched()
    private var input: [Float] { values(2 * graph.inputSize.count, "input") }

    private func step(_ parameters: ParameterSet, threads: Int = 1) throws -> StepResult {
        try Executor(threads: threads).trainingStep(
            ExecutionPlan(graph: graph, batch: 2, mode: .training), parameters: parameters,
            input: input, labels: [0, 2])
    }

    @Test("have the gradient that differences give, for every parameter")
    func differences() throws {
        let start = ParameterSet(initializing: graph.operators, seed: 5, model: "test")
        let gradients = try #require(try step(start).gradients)
        for layout in graph.operators {
            var first = 0
            for parameter in layout.parameters {
                let range = first..<(first + parameter.count)
                first += parameter.count
                var direction = values(parameter.count, "\(layout.id)/\(parameter.name)")
                let gradient = gradients[layout.id].map { Array($0[range]) } ?? []
                // Half along the gradient, so that the slope is not lost in rounding.
                let size = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
                let length = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
                direction = zip(direction, gradient).map { $0 / length + $1 / max(size, 1e-20) }
                func loss(_ step: Float) throws -> Double {
                    var moved = start
                    for (index, value) in zip(range, direction) {
                        moved.blocks[layout.id]?[index] += step * value
                    }
                    return try self.step(moved).loss
                }
                let width: Float = 2e-3
                let slope = try (loss(width) - loss(-width)) / (2 * Double(width))
                let expected = zip(gradient, direction).reduce(0.0) {
                    $0 + Double($1.0) * Double($1.1)
                }
                // Kinks of rectifiers and maxima lie within the step here and there.
                #expect(
                    abs(slope - expected) <= 0.03 * abs(expected) + 2e-5,
                    "\(parameter.name): \(slope), expected \(expected)")
            }
        }
    }

    @Test("give the same bits for any number of threads")
    func threads() throws {
        let start = ParameterSet(initializing: graph.operators, seed: 5, model: "test")
        let one = try step(start)
        for count in [2, 3] {
            let more = try step(start, threads: count)
            #expect(more.logits == one.logits)
            #expect(more.gradients == one.gradients)
        }
    }

    @Test("predict what the training pass computed, with its statistics")
    func inference() throws {
        // With the batch's biased variance, both passes normalise alike.
        let start = ParameterSet(initializing: graph.operators, seed: 5, model: "test")
        let trained = try step(start)
        var statistics = trained.statistics
        let rows = [2 * 6 * 11 * 12, 2 * 6 * 6 * 6, 2 * 6 * 6 * 6]
        var place = 0
        for (normalization, count) in zip(graph.operators[0].normalizations, rows) {
            place += normalization.channels
            for _ in 0..<normalization.channels {
                statistics.blocks[OperatorID("net")]?[place] *= Float(count - 1) / Float(count)
                place += 1
            }
        }
        let prediction = try Executor(threads: 2).predict(
            ExecutionPlan(graph: graph, batch: 2, mode: .inference), parameters: start,
            statistics: statistics, input: input)
        for (own, expected) in zip(prediction.logits.elements, trained.logits.elements) {
            #expect(abs(own - expected) < 1e-4)
        }
    }

    @Test(
        "make every published network the same for any number of threads",
        arguments: [BaselineNetwork.resNet18, .denseNet121, .mixedConvolution18])
    func networks(network: BaselineNetwork) throws {
        let size = VolumeSize(8, 24, 24)
        let graph = BaselineGraph(network, classes: 2).graph(input: size)
        let plan = ExecutionPlan(graph: graph, batch: 2, mode: .training)
        let start = ParameterSet(initializing: graph.operators, seed: 1, model: "test")
        let input = values(2 * size.count, "volume")
        let results = try [1, 2].map {
            try Executor(threads: $0).trainingStep(
                plan, parameters: start, input: input, labels: [0, 1])
        }
        #expect(results[0].logits == results[1].logits)
        #expect(results[0].gradients == results[1].gradients)
        #expect(results[0].logits.elements.allSatisfy { $0.isFinite })
    }
}
