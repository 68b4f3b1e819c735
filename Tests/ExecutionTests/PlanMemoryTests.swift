import Execution
import Graphs
import Models
import SearchSpaces
import Tensors
import Testing

@Suite("A plan's memory")
struct PlanMemoryTests {
    @Test("counts the arena and every array that a step reads and gives")
    func stepBytes() throws {
        let space = SearchSpace(
            cells: [.init(width: 16, blocks: 2, stride: VolumeSize(cubic: 2))])
        let supernet = CovidNet3DSupernet(space: space, classes: 2)
        let graph = supernet.graph(
            of: Architecture(choices: [0, 4]), input: VolumeSize(4, 12, 10))
        let plan = ExecutionPlan(graph: graph, batch: 2, mode: .training)
        let parameters = ParameterSet(initializing: graph.operators, seed: 1, model: "memory")
        let input = [Float](repeating: 1, count: plan.inputCount)
        let result = try Executor(threads: 1).trainingStep(
            plan, parameters: parameters, input: input, labels: [0, 1])
        let gradients = try #require(result.gradients)
        let floats = input.count + parameters.count + gradients.count + result.statistics.count
        #expect(plan.stepBytes == plan.peakBytes + 4 * floats)
        #expect(plan.peakBytes > 4 * input.count)
    }

    @Test("grows with the batch")
    func grows() {
        let supernet = CovidNet3DSupernet(space: .covidNet3DSmall, classes: 3)
        let graph = supernet.graph(
            of: Architecture(repeating: 2, in: .covidNet3DSmall), input: VolumeSize(16, 64, 64))
        let sizes = [2, 4, 8].map {
            ExecutionPlan(graph: graph, batch: $0, mode: .training).stepBytes
        }
        #expect(sizes == sizes.sorted() && Set(sizes).count == 3)
    }
}
