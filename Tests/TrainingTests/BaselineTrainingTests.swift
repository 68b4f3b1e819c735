import Models
import RunConfiguration
import SearchSpaces
import Tasks
import Tensors
import Testing
import ToySearch
import Training

@Suite("A published network in a run")
struct BaselineTrainingTests {
    private func train(reversed: Bool = false) async throws -> TrainedNetwork {
        let configuration = try ToySearch.configuration(
            "evaluation.microBatches=3", "evaluation.microBatchSize=4",
            "evaluation.optimizer.learningRate=0.003", "evaluation.dropout=0.1")
        let architecture = Architecture(.resNet18)
        let trainer = NetworkTrainer(
            settings: configuration.evaluation, labels: ToySearch.Volumes().labels, classCount: 2,
            positiveClass: 1)
        let supernet = CovidNet3DSupernet(
            space: try configuration.space.searchSpace(), classes: 2)
        let plan = NetworkTrainer.Plan(
            id: ModelID("baseline"), architecture: architecture,
            operators: NetworkCatalogue(supernet: supernet).operators(of: architecture),
            volumes: .evaluation, fittingScans: Array(0..<12), validationScans: Array(40..<48),
            epochs: 1, seed: 7)
        let executor = LocalRoundExecutor(try ToySearch.runner(configuration))
        var round: UInt64 = 0
        if reversed {
            return try await trainer.train(
                plan, round: &round, on: ReversingExecutor(inner: executor)
            ) { _ in }
        }
        return try await trainer.train(plan, round: &round, on: executor) { _ in }
    }

    @Test("is trained by the same rounds, with the same bits in any order of results")
    func order() async throws {
        let (forward, backward) = try await (train(), train(reversed: true))
        #expect(forward == backward)
        #expect(forward.history.count == 1)
        #expect(forward.last.validationLogits.allSatisfy { $0.isFinite })
    }

    @Test("is refused where nobody knows it")
    func unknown() throws {
        let runner = try ToySearch.runner(ToySearch.configuration())
        let task = TaskDescription(
            key: TaskKey(round: 0, index: 0), kind: .weightGradient, model: ModelID("baseline"),
            network: .fixed(Architecture(choices: [250])),
            batch: .init(volumes: "evaluation", scans: [0], epoch: 0, augmented: false),
            objective: .init())
        #expect(throws: TaskRunner.Failure.self) {
            try runner.requirements(of: task, alpha: [])
        }
    }
}
