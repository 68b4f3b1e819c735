import Models
import RunConfiguration
import Runs
import SearchSpaces
import Tasks
import Tensors
import TestSupport
import Testing
import ToySearch
import Training

@Suite("A training that was stopped")
struct TrainingResumeTests {
    private struct Stop: Error {}

    private static let key = "a configuration, data and a plan"

    private func train(
        _ configuration: RunConfiguration, from saved: TrainingState? = nil,
        pause: (TrainingState) throws -> Void = { _ in }
    ) async throws -> TrainedNetwork {
        let architecture = Architecture(choices: [0, 3, 1])
        let supernet = CovidNet3DSupernet(
            space: try configuration.space.searchSpace(), classes: 2)
        let trainer = NetworkTrainer(
            settings: configuration.evaluation, labels: ToySearch.Volumes().labels, classCount: 2,
            positiveClass: 1)
        var round: UInt64 = 0
        return try await trainer.train(
            .init(
                id: ModelID("resumed"), architecture: architecture,
                operators: NetworkCatalogue(supernet: supernet).operators(of: architecture),
                volumes: .evaluation, fittingScans: Array(0..<14),
                validationScans: Array(40..<48), epochs: 3, seed: 7),
            from: saved, round: &round,
            on: LocalRoundExecutor(try ToySearch.runner(configuration))
        ) { _ in
        } pause: {
            try pause($0)
        }
    }

    @Test("goes on to the same bits after any step", arguments: ["adam", "sgd"])
    func everyStep(method: String) async throws {
        // Two steps an epoch; only the last epoch is validated, or every one.
        let configuration = try ToySearch.configuration(
            "evaluation.microBatches=2", "evaluation.microBatchSize=4", "evaluation.dropout=0.1",
            "evaluation.validateEvery=3", "evaluation.optimizer.method=\(method)")
        let everyEpoch = try ToySearch.configuration(
            "evaluation.microBatches=2", "evaluation.microBatchSize=4", "evaluation.dropout=0.1",
            "evaluation.optimizer.method=\(method)")
        let folder = try TemporaryFolder()
        for configuration in [configuration, everyEpoch] {
            let whole = try await train(configuration)
            #expect(whole.last.epoch == 3)
            for step in 1...5 {
                let file = folder.file("stopped")
                await #expect(throws: Stop.self) {
                    try await train(configuration) { state in
                        guard state.step == step else { return }
                        try state.checkpoint(key: Self.key).write(to: file)
                        throw Stop()
                    }
                }
                let saved = try #require(
                    try TrainingState(Checkpoint(path: file), key: Self.key))
                #expect(saved.step == step)
                #expect(try await train(configuration, from: saved) == whole)
            }
        }
    }

    @Test("is not taken for another one")
    func otherTraining() async throws {
        let folder = try TemporaryFolder()
        let file = folder.file("stopped")
        _ = try await train(ToySearch.configuration("evaluation.microBatches=2")) { state in
            try state.checkpoint(key: Self.key).write(to: file)
        }
        let checkpoint = try withExtendedLifetime(folder) { try Checkpoint(path: file) }
        #expect(TrainingState(checkpoint, key: Self.key) != nil)
        #expect(TrainingState(checkpoint, key: "other data") == nil)
    }
}
