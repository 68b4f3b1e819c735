import Execution
import Foundation
import GoldenVectors
import Graphs
import Models
import Optimizers
import Safetensors
import SearchSpaces
import Tensors
import Testing

/// A sampled path with its reference tensors.
struct GoldenPath {
    let file: SafetensorsFile
    let supernet: CovidNet3DSupernet
    let path: Architecture
    let naming: PyTorchNaming
    let batch: Int
    let input: Tensor
    let labels: [Int]
    let zeroGradients: Set<String>

    init(_ name: String) throws {
        let file = try SafetensorsFile(path: GoldenFiles.path(name + ".safetensors"))
        func metadata<Value: Decodable>(_ key: String) throws -> Value {
            try JSONDecoder().decode(Value.self, from: Data(file.metadata[key, default: ""].utf8))
        }
        let (widths, blocks, strides): ([Int], [Int], [Int]) = try (
            metadata("widths"), metadata("blocks"), metadata("strides")
        )
        let space = SearchSpace(
            cells: zip(widths, zip(blocks, strides)).map { width, rest in
                SearchSpace.Cell(
                    width: width, blocks: rest.0, stride: VolumeSize(cubic: rest.1))
            })
        let names: [String] = try metadata("path")
        let catalogue: [String] = try metadata("operations")
        supernet = CovidNet3DSupernet(space: space, classes: try metadata("classes"))
        path = Architecture(choices: names.compactMap(catalogue.firstIndex))
        naming = PyTorchNaming(of: path, in: supernet)
        zeroGradients = Set(try metadata("zero_gradients") as [String])
        // One input channel: [N, 1, D, H, W] and [N, D, H, W, 1] are the same in memory.
        input = try file.tensor("x")
        batch = input.shape[0]
        labels = try file.elements(of: "labels", as: Int32.self).map(Int.init)
        self.file = file
    }

    var graph: Graph {
        supernet.graph(
            of: path, input: VolumeSize(input.shape[2], input.shape[3], input.shape[4]))
    }

    func parameters(_ prefix: String) throws -> ParameterSet {
        try PyTorchNaming.blocks(naming.parameters) { try file.floats(of: prefix + $0) }
    }

    func statistics(_ prefix: String) throws -> ParameterSet {
        try PyTorchNaming.blocks(naming.statistics) { try file.floats(of: prefix + $0) }
    }

    func step(
        _ executor: Executor, _ parameters: ParameterSet,
        wanted: StepOutputs = [.gradients, .slotProducts]
    ) throws -> StepResult {
        let plan = ExecutionPlan(graph: graph, batch: batch, mode: .training)
        return try unsafe input.elements.withUnsafeBufferPointer {
            unsafe try executor.trainingStep(
                plan, parameters: parameters, input: $0, labels: labels, wanted: wanted)
        }
    }
}

@Suite(
    "A path", .disabled(if: GoldenFiles.isMissing, Comment(rawValue: GoldenFiles.hint)))
struct GoldenPathTests {
    @Test("computes PyTorch's logits and loss", arguments: ["path_a", "path_b"])
    func forward(name: String) throws {
        let golden = try GoldenPath(name)
        let result = try golden.step(Executor(threads: 1), golden.parameters("start."))
        #expect(try relativeError(result.logits.elements, golden.file.floats(of: "logits")) < 1e-4)
        let loss = try golden.file.floats(of: "loss1")[0]
        #expect(abs(result.loss / Double(loss) - 1) < 1e-4)
    }

    @Test("computes PyTorch's gradients and slot products", arguments: ["path_a", "path_b"])
    func gradients(name: String) throws {
        let golden = try GoldenPath(name)
        let result = try golden.step(Executor(threads: 1), golden.parameters("start."))
        let gradients = try #require(result.gradients)
        let norm = try Double(golden.file.floats(of: "gradient_norm")[0])
        #expect(abs(GradientClipping.norm(of: gradients) / norm - 1) < 1e-4)
        var worst = 0.0
        for entry in golden.naming.parameters {
            let found = try #require(PyTorchNaming.elements(entry, in: gradients))
            let expected = try golden.file.floats(of: "gradient." + entry.name)
            if golden.zeroGradients.contains(entry.name) {
                let size = found.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
                #expect(size <= 1e-6 * norm, "\(entry.name)")
            } else {
                let error = relativeError(found, expected)
                worst = max(worst, error)
                #expect(error < 1e-3, "\(entry.name)")
            }
        }
        let products = try golden.file.floats(of: "gate_gradients")
        #expect(relativeError(result.slotProducts, products) < 1e-3)
        print("\(name): largest gradient error \(worst)")
    }

    @Test("computes PyTorch's logits of a trained network", arguments: ["path_a", "path_b"])
    func inference(name: String) throws {
        let golden = try GoldenPath(name)
        let plan = ExecutionPlan(graph: golden.graph, batch: golden.batch, mode: .inference)
        let prediction = try unsafe golden.input.elements.withUnsafeBufferPointer {
            unsafe try Executor(threads: 2).predict(
                plan, parameters: golden.parameters("after3."),
                statistics: golden.statistics("after3."), input: $0, wantsFeatures: true)
        }
        let error = relativeError(
            prediction.logits.elements, try golden.file.floats(of: "logits_eval"))
        #expect(error < 1e-4)
        #expect(prediction.features?.shape == [8, 1, 3, 3, 1280])
    }

    @Test("gives the same bits with one and two threads, whatever is wanted")
    func threads() throws {
        let golden = try GoldenPath("path_b")
        let parameters = try golden.parameters("start.")
        let one = try golden.step(Executor(threads: 1), parameters)
        let two = try golden.step(Executor(threads: 2), parameters)
        #expect(one.loss == two.loss)
        #expect(one.logits == two.logits)
        #expect(one.gradients == two.gradients)
        #expect(one.slotProducts == two.slotProducts)
        #expect(one.statistics == two.statistics)
        let products = try golden.step(Executor(threads: 2), parameters, wanted: .slotProducts)
        #expect(products.gradients == nil)
        #expect(products.slotProducts == one.slotProducts)
        #expect(products.loss == one.loss)
        let plan = ExecutionPlan(graph: golden.graph, batch: golden.batch, mode: .statistics)
        let statistics = try unsafe golden.input.elements.withUnsafeBufferPointer {
            unsafe try Executor(threads: 2).statistics(plan, parameters: parameters, input: $0)
        }
        #expect(statistics == one.statistics)
    }
}
