import Execution
import Graphs
import Models
import SearchSpaces
import Tensors

/// A network with random weights whose batch norms fit them, so that logits depend on the input.
struct SampleNetwork {
    let catalogue: NetworkCatalogue
    let architecture: Architecture
    let graph: Graph
    var parameters: ParameterSet
    var statistics: ParameterSet

    init(
        _ space: SearchSpace, _ architecture: Architecture, size: VolumeSize, classes: Int
    ) {
        catalogue = NetworkCatalogue(
            supernet: CovidNet3DSupernet(space: space, classes: classes))
        self.architecture = architecture
        graph = catalogue.graph(of: architecture, input: size)
        var set = ParameterSet(initializing: graph.operators, seed: 3, model: "onnx")
        for layout in graph.operators {
            var stream = RandomStream(seed: 4, name: "norms/\(layout.id)")
            let norms = layout.normalizations.map { $0.name + "." }
            for parameter in layout.parameters
            where norms.contains(where: parameter.name.hasPrefix) {
                for index in layout.range(of: parameter.name) ?? 0..<0 {
                    let spread = Float(stream.nextUnit() - 0.5)
                    set.blocks[layout.id]?[index] += spread
                }
            }
        }
        parameters = set
        let plan = ExecutionPlan(graph: graph, batch: 4, mode: .statistics)
        var measured: ParameterSet
        do {
            measured = try Executor(threads: 1).statistics(
                plan, parameters: set, input: Self.input(plan.inputCount, key: 0))
        } catch {
            preconditionFailure("\(error)")
        }
        // Sixteen values per channel in the last cells: variances near 0 would blow rounding up, in
        // any engine (against float64, ours and ONNX Runtime's logits were equally far off).
        for layout in graph.operators {
            var start = 0
            for normalization in layout.normalizations {
                let count = normalization.channels
                for index in (start + count)..<(start + 2 * count) {
                    let variance = measured.blocks[layout.id]?[index] ?? 0
                    measured.blocks[layout.id]?[index] = max(variance, 0.05)
                }
                start += 2 * count
            }
        }
        statistics = measured
    }

    /// Random voxels.
    static func input(_ count: Int, key: UInt32) -> [Float] {
        var stream = RandomStream(seed: 5, name: "input", counters: key)
        return (0..<count).map { _ in Float(stream.nextNormal()) }
    }

    /// The logits of `batch` random volumes of a size, with the input.
    func logits(
        batch: Int, size: VolumeSize, key: UInt32
    ) throws -> (input: [Float], logits: [Float]) {
        let plan = ExecutionPlan(
            graph: catalogue.graph(of: architecture, input: size), batch: batch, mode: .inference)
        let input = Self.input(plan.inputCount, key: key)
        let prediction = try Executor(threads: 1).predict(
            plan, parameters: parameters, statistics: statistics, input: input)
        return (input, prediction.logits.elements)
    }
}
