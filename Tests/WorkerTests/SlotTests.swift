import Coordinator
import SearchSpaces
import Synchronization
import Tasks
import Tensors
import Testing
import Transport
import Worker

@Suite("A worker with two slots", .timeLimit(.minutes(1)))
struct SlotTests {
    @Test("computes two tasks at the same time, on the same parameters")
    func twoAtOnce() async throws {
        let operators = FakeRounds.operators(2)
        let cluster = try Cluster(operators: operators, inProcess: InProcessServer())
        let begun = Atomic(0)
        let together = Gate()
        let reading = PlaceRecordingComputing(operators: operators) {
            // Nobody gets on before two have begun: one slot alone would wait for ever.
            if begun.add(1, ordering: .acquiringAndReleasing).newValue == 2 { together.open() }
            together.pass()
        }
        let worker = try cluster.worker("worker", slots: 2) { _ in reading }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await worker.loop.run() }
            let round = FakeRounds.round(0, tasks: 2, operators: operators, floats: 50_000)
            let results = try await cluster.results(of: round)
            #expect(results == FakeRounds.expected(round, operators: operators))
            await cluster.executor.drain(reason: "done")
            try await group.waitForAll()
        }
        // One copy of every block for both.
        #expect(reading.places.count == 2)
        #expect(reading.places.values.allSatisfy { $0.count == 1 })
    }
}

/// Notes where the parameters lie that each task reads.
private final class PlaceRecordingComputing: TaskComputing {
    private let operators: [OperatorID]
    private let before: @Sendable () -> Void
    private let seen = Mutex<[OperatorID: Set<UInt>]>([:])

    /// The different places by operator.
    var places: [OperatorID: Set<UInt>] { seen.withLock { $0 } }

    init(operators: [OperatorID], before: @escaping @Sendable () -> Void) {
        self.operators = operators
        self.before = before
    }

    func requirements(of task: TaskDescription, alpha: [Float]) throws -> TaskRequirements {
        FakeComputing.requirements(of: task, alpha: alpha, operators: operators)
    }

    func compute(
        _ task: TaskDescription, architecture: Architecture, parameters: ParameterSet,
        statistics: ParameterSet
    ) throws -> TaskResult {
        before()
        for (id, block) in parameters.blocks {
            let place = unsafe block.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
            seen.withLock { _ = $0[id, default: []].insert(place) }
        }
        return FakeComputing.result(
            of: task, architecture: architecture, parameters: parameters, statistics: statistics)
    }
}
