import Coordination
import Coordinator
import SearchSpaces
import Tasks
import Tensors
import Testing
import Transport
import WireProtocol
import Worker

@Suite("What a round may hold", .timeLimit(.minutes(1)))
struct LimitTests {
    private static func round(
        _ operators: [OperatorID], scans: Int = 1, volumes: String = "search"
    ) -> Round {
        let plain = FakeRounds.round(0, tasks: 1, operators: operators, floats: 3)
        let task = plain.tasks[0]
        let large = TaskDescription(
            key: task.key, kind: task.kind, model: task.model, network: task.network,
            batch: .init(volumes: volumes, scans: Array(0..<scans), epoch: 0, augmented: true),
            objective: task.objective)
        return Round(
            number: 0, tasks: [large], parameters: plain.parameters, versions: plain.versions,
            statistics: plain.statistics, alpha: plain.alpha)
    }

    @Test("is the logits of 4096 samples of eight classes, and 900 operators")
    func large() async throws {
        let operators = FakeRounds.operators(901)
        let cluster = try Cluster(operators: operators)
        let logits = (0..<(4096 * 8)).map { Float($0) * 0.5 }
        let computing = FakeComputing(
            operators: operators,
            after: { result in
                TaskResult(
                    key: result.key, architecture: result.architecture, sampleCount: 4096,
                    loss: result.loss, logits: logits, gradients: result.gradients,
                    slotProducts: result.slotProducts)
            })
        let worker = try cluster.worker(computing: computing)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await worker.loop.run() }
            let round = Self.round(operators, scans: 4096)
            let results = try await cluster.results(of: round)
            #expect(results.map(\.logits) == [logits])
            #expect(
                results[0].gradients
                    == FakeRounds.expected(round, operators: operators)[0]
                    .gradients)
            await cluster.executor.drain(reason: "done")
            try await group.waitForAll()
        }
    }

    @Test("is refused when it is opened, with the limit that it exceeds")
    func refused() async throws {
        let few = FakeRounds.operators(4)
        let many = FakeRounds.operators(1100)
        let long = (0..<600).map { OperatorID("\($0)." + String(repeating: "x", count: 100)) }
        for (operators, round, words) in [
            (few, Self.round(few, scans: 4097), ["scans", "4097", "4096"]),
            (
                few, Self.round(few, volumes: String(repeating: "v", count: 200)),
                ["volumes", "128"]
            ),
            (many, Self.round(many), ["blocks", "1099", "1024"]),
            (long, Self.round(long), ["fields", "49152"]),
        ] {
            let cluster = try Cluster(operators: operators, inProcess: InProcessServer())
            let error = await #expect(throws: CoordinatorError.self) {
                try await cluster.executor.execute(round) { _ in }
            }
            let text = error.map { "\($0)" } ?? ""
            for word in words + ["task 0/0"] { #expect(text.contains(word), "\(text)") }
            #expect(try await cluster.executor.status().round == nil)
            cluster.executor.stop()
        }
    }

    @Test("is refused when it lacks a block that a task reads")
    func missing() async throws {
        let operators = FakeRounds.operators(4)
        let cluster = try Cluster(operators: operators, inProcess: InProcessServer())
        let plain = Self.round(operators)
        var parameters = plain.parameters
        parameters[operators[1]] = nil
        let round = Round(
            number: 0, tasks: plain.tasks, parameters: parameters, versions: [:],
            alpha: plain.alpha)
        await #expect(
            throws: CoordinatorError.missingBlock(
                TaskKey(round: 0, index: 0), "parameters of \(operators[1])")
        ) {
            try await cluster.executor.execute(round) { _ in }
        }
        cluster.executor.stop()
    }

    @Test("does not start with a run configuration that no message holds")
    func configuration() throws {
        let settings = CoordinatorSettings(
            runID: "test", configuration: String(repeating: "x", count: WireLimits.chunkBytes + 1),
            epoch: 1)
        let executor = DistributedRoundExecutor(
            settings: settings, channel: InProcessServer(),
            requirements: { _, _ in
                TaskRequirements(architecture: Architecture(choices: []), operators: [])
            })
        #expect(throws: CoordinatorError.self) { try executor.start() }
    }
}
