import Coordination
import Coordinator
import Synchronization
import Tasks
import Tensors
import Testing
import Transport
import WireProtocol
import Worker

@Suite("A coordinator with workers", .timeLimit(.minutes(1)))
struct ClusterTests {
    private let operators = FakeRounds.operators(12)

    @Test(
        "delivers the same results whatever the number of workers, over TCP", arguments: [1, 2, 3])
    func workerCounts(count: Int) async throws {
        let cluster = try Cluster(operators: operators)
        let computing = FakeComputing(operators: operators)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<count {
                let worker = try cluster.worker("worker-\(index)", computing: computing)
                group.addTask { _ = try await worker.loop.run() }
            }
            for number in 0..<2 as Range<UInt64> {
                for kind in [TaskDescription.Kind.weightGradient, .predictions] {
                    let round = FakeRounds.round(
                        2 * number + (kind == .predictions ? 1 : 0), tasks: 5,
                        operators: operators, floats: 40_000, kind: kind)
                    let results = try await cluster.results(of: round)
                    #expect(results == FakeRounds.expected(round, operators: operators))
                }
            }
            #expect(computing.computedCount == 20)
            await cluster.executor.drain(reason: "done")
            try await group.waitForAll()
        }
    }

    @Test("delivers the results of rounds that overlap, each to its reader")
    func overlappingRounds() async throws {
        let cluster = try Cluster(operators: operators)
        let computing = FakeComputing(operators: operators)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<2 {
                let worker = try cluster.worker("worker-\(index)", computing: computing)
                group.addTask { _ = try await worker.loop.run() }
            }
            try await withThrowingTaskGroup(of: Void.self) { readers in
                for number in [4, 1, 3, 2] as [UInt64] {
                    let round = FakeRounds.round(
                        number, tasks: 5, operators: operators, floats: 40_000)
                    readers.addTask {
                        let results = try await cluster.results(of: round)
                        #expect(results == FakeRounds.expected(round, operators: operators))
                    }
                }
                try await readers.waitForAll()
            }
            await cluster.executor.drain(reason: "done")
            try await group.waitForAll()
        }
        #expect(computing.computedCount == 20)
    }

    @Test("moves half the bytes as bfloat16, and delivers what rounded arithmetic yields")
    func halfPrecision() async throws {
        let cluster = try Cluster(operators: operators)
        let worker = try cluster.worker("w", computing: FakeComputing(operators: operators))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await worker.loop.run() }
            var moved: [Int] = []
            for (number, exchange) in [ExchangeFormat.float32, .bfloat16].enumerated() {
                let before = try await cluster.executor.status()
                let round = FakeRounds.round(
                    UInt64(number), tasks: 3, operators: operators, floats: 40_001,
                    exchange: exchange)
                let results = try await cluster.results(of: round)
                #expect(results == FakeRounds.expected(round, operators: operators))
                let after = try await cluster.executor.status()
                moved.append(after.bytesIn + after.bytesOut - before.bytesIn - before.bytesOut)
            }
            #expect(moved[1] > 0)
            #expect(moved[1] * 2 < moved[0] + moved[0] / 50)
            await cluster.executor.drain(reason: "done")
            try await group.waitForAll()
        }
    }

    @Test("finishes a round when a worker dies in the middle of a task")
    func killedWorker() async throws {
        let cluster = try Cluster(operators: operators, inProcess: InProcessServer())
        let gate = Gate()
        let begun = Gate()
        let doomed = try cluster.worker(
            "doomed",
            computing: FakeComputing(
                operators: operators,
                before: { _, _ in
                    begun.open()
                    gate.pass()
                }))
        let survivor = try cluster.worker(
            "survivor", computing: FakeComputing(operators: operators))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try? await doomed.loop.run() }
            let round = FakeRounds.round(0, tasks: 6, operators: operators, floats: 1000)
            group.addTask {
                let results = try await cluster.results(of: round)
                #expect(results == FakeRounds.expected(round, operators: operators))
                await cluster.executor.drain(reason: "done", within: .milliseconds(300))
                gate.open()
                doomed.loop.stop()
            }
            group.addTask {
                while !begun.isOpenNow { try await Task.sleep(for: .milliseconds(5)) }
                (doomed.channel as? InProcessClient)?.cut()
                _ = try await survivor.loop.run()
            }
            try await group.waitForAll()
        }
    }

    @Test("gives the tasks of a worker whose TCP connection closed to another one")
    func closedConnection() async throws {
        let cluster = try Cluster(operators: operators)
        let gate = Gate()
        let begun = Gate()
        let doomed = try cluster.worker(
            "doomed",
            computing: FakeComputing(
                operators: operators,
                before: { _, _ in
                    begun.open()
                    gate.pass()
                }))
        let survivor = try cluster.worker(
            "survivor", computing: FakeComputing(operators: operators))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try? await doomed.loop.run() }
            let round = FakeRounds.round(0, tasks: 3, operators: operators, floats: 1000)
            group.addTask {
                while !begun.isOpenNow { try await Task.sleep(for: .milliseconds(5)) }
                doomed.loop.stop()
                _ = try await survivor.loop.run()
            }
            let results = try await cluster.results(of: round)
            #expect(results == FakeRounds.expected(round, operators: operators))
            #expect(try await cluster.executor.status().counts.reissued > 0)
            gate.open()
            await cluster.executor.drain(reason: "done")
            try await group.waitForAll()
        }
    }

    @Test("lets a worker join in the middle of a round")
    func joining() async throws {
        let cluster = try Cluster(operators: operators)
        let round = FakeRounds.round(5, tasks: 4, operators: operators, floats: 100)
        let computing = FakeComputing(operators: operators)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let results = try await cluster.results(of: round)
                #expect(results == FakeRounds.expected(round, operators: operators))
                await cluster.executor.drain(reason: "done")
            }
            while try await cluster.executor.status().round == nil { await Task.yield() }
            #expect(
                try await cluster.executor.status().waiting
                    == "round 5: 0/4 in, waiting for a worker to join")
            let worker = try cluster.worker(computing: computing)
            group.addTask { _ = try await worker.loop.run() }
            try await group.waitForAll()
        }
    }

    @Test("takes results that workers still hold after the coordinator was restarted")
    func restart() async throws {
        let first = try Cluster(operators: operators)
        let gate = Gate()
        let computing = FakeComputing(
            operators: operators, before: { key, _ in if key.index == 3 { gate.pass() } })
        let worker = try first.worker(computing: computing)
        let round = FakeRounds.round(8, tasks: 4, operators: operators, floats: 20_000)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let outcome = try await worker.loop.run()
                #expect(outcome == .drained)
            }
            // The first coordinator dies with three results in.
            let received = Mutex(0)
            await #expect(throws: CoordinatorError.stopped) {
                try await first.executor.execute(round) { _ in
                    if received.withLock({
                        $0 += 1; return $0
                    }) == 3 {
                        first.executor.stop()
                    }
                }
            }
            gate.open()
            let second = try await Self.retrying {
                try Cluster(operators: operators, epoch: 2, ports: first.ports)
            }
            let results = try await second.results(of: round)
            #expect(results == FakeRounds.expected(round, operators: operators))
            #expect(computing.computedCount == 4)
            await second.executor.drain(reason: "done")
            try await group.waitForAll()
        }
    }

    @Test("computes again what a restarted coordinator has other parameters for")
    func restartWithOtherParameters() async throws {
        let first = try Cluster(operators: operators)
        let computing = FakeComputing(operators: operators)
        let worker = try first.worker(computing: computing)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await worker.loop.run() }
            let before = FakeRounds.round(8, tasks: 4, operators: operators, floats: 2000)
            _ = try await first.results(of: before)
            first.executor.stop()
            let second = try await Self.retrying {
                try Cluster(operators: operators, epoch: 2, ports: first.ports)
            }
            let after = FakeRounds.round(8, tasks: 4, operators: operators, floats: 2001)
            let results = try await second.results(of: after)
            #expect(results == FakeRounds.expected(after, operators: operators))
            #expect(computing.computedCount == 8)
            #expect(try await second.executor.status().counts.failures == 0)
            await second.executor.drain(reason: "done")
            try await group.waitForAll()
        }
    }

    @Test("fetches parameters anew where cached ones are not what the lease names")
    func staleCache() async throws {
        let cluster = try Cluster(operators: operators, inProcess: InProcessServer())
        let worker = try cluster.worker(computing: FakeComputing(operators: operators))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await worker.loop.run() }
            let first = FakeRounds.round(0, tasks: 1, operators: operators, floats: 10)
            _ = try await cluster.results(of: first)
            let next = FakeRounds.round(1, tasks: 1, operators: operators, floats: 10)
            // Other blocks under the same versions, which no coordinator should send.
            let liar = Round(
                number: 1, tasks: next.tasks, parameters: next.parameters,
                versions: first.versions, alpha: next.alpha)
            let results = try await cluster.results(of: liar)
            #expect(results == FakeRounds.expected(next, operators: operators))
            #expect(try await cluster.executor.status().counts.failures == 1)
            await cluster.executor.drain(reason: "done")
            try await group.waitForAll()
        }
    }

    /// The ports are free once the first coordinator's thread has closed them.
    private static func retrying<T>(_ body: () throws -> T) async throws -> T {
        for _ in 0..<200 {
            if let value = try? body() { return value }
            try await Task.sleep(for: .milliseconds(10))
        }
        return try body()
    }

    @Test("gives a task with a gradient that is not finite to another worker")
    func nonFiniteOnce() async throws {
        let cluster = try Cluster(operators: operators, inProcess: InProcessServer())
        let sick = FakeComputing(
            operators: operators,
            after: { result in
                var gradients = result.gradients
                if let id = gradients.operators.last { gradients[id]?[0] = .nan }
                return TaskResult(
                    key: result.key, architecture: result.architecture, sampleCount: 4, loss: 1,
                    gradients: gradients)
            })
        let healthy = FakeComputing(operators: operators)
        let round = FakeRounds.round(0, tasks: 1, operators: operators, floats: 100)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let first = try cluster.worker("sick", computing: sick)
            group.addTask { _ = try await first.loop.run() }
            while try await cluster.executor.status().workers.first?.status != .active {
                await Task.yield()
            }
            let second = try cluster.worker("healthy", computing: healthy)
            group.addTask { _ = try await second.loop.run() }
            while try await cluster.executor.status().workers.count(where: { $0.status == .active })
                < 2
            {
                await Task.yield()
            }
            let results = try await cluster.results(of: round)
            #expect(results == FakeRounds.expected(round, operators: operators))
            #expect(try await cluster.executor.status().counts.failures == 1)
            await cluster.executor.drain(reason: "done")
            try await group.waitForAll()
        }
    }

    @Test("fails a round with the name of the task that two attempts could not compute")
    func failingTask() async throws {
        let cluster = try Cluster(operators: operators, inProcess: InProcessServer())
        struct Broken: Error {}
        let computing = FakeComputing(
            operators: operators, before: { key, _ in if key.index == 2 { throw Broken() } })
        let worker = try cluster.worker(computing: computing)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await worker.loop.run() }
            let round = FakeRounds.round(4, tasks: 4, operators: operators, floats: 10)
            let error = await #expect(throws: TaskFailureError.self) {
                try await cluster.results(of: round)
            }
            #expect(error?.key == TaskKey(round: 4, index: 2))
            #expect("\(error.map { "\($0)" } ?? "")".contains("4/2"))
            // The next round is not affected.
            let next = FakeRounds.round(5, tasks: 2, operators: operators, floats: 10)
            #expect(
                try await cluster.results(of: next)
                    == FakeRounds.expected(next, operators: operators))
            await cluster.executor.drain(reason: "done")
            try await group.waitForAll()
        }
    }

    @Test("refuses a worker whose arithmetic differs, and says so")
    func fingerprint() async throws {
        let cluster = try Cluster(operators: operators, fingerprint: "avx2")
        let worker = try cluster.worker(
            computing: FakeComputing(operators: operators), fingerprint: "sse2")
        guard case .refused(let reject) = try await worker.loop.run() else {
            Issue.record("the worker was not refused")
            return
        }
        #expect(reject.code == .numerics)
        #expect(reject.text.contains("sse2") && reject.text.contains("avx2"))
        cluster.executor.stop()
    }

    @Test("says why a worker that cannot prepare the run is of no use", arguments: [true, false])
    func unprepared(overTCP: Bool) async throws {
        let notes = Mutex<[String]>([])
        let cluster = try Cluster(
            operators: operators, inProcess: overTCP ? nil : InProcessServer(),
            note: { note in notes.withLock { $0.append("\(note)") } })
        struct NoShards: Error, CustomStringConvertible {
            let description = "/data: no shards"
        }
        let worker = try cluster.worker("blind", makeComputing: { _ in throw NoShards() })
        await #expect(throws: WorkerError.notPrepared("/data: no shards")) {
            try await worker.loop.run()
        }
        while try await !cluster.executor.status().waiting.contains("no shards") {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(
            try await cluster.executor.status().waiting
                == "no round is open yet; worker blind cannot take part: /data: no shards")
        #expect(
            notes.withLock { $0 }.contains {
                $0.hasPrefix("worker blind") && $0.hasSuffix("cannot take part: /data: no shards")
            })
        cluster.executor.stop()
    }

    @Test("answers the command line's question")
    func statusQuery() async throws {
        let cluster = try Cluster(operators: operators)
        let status = try await StatusClient(cluster.admin).status()
        #expect(status.runID == "test")
        #expect(status.waiting == "no round is open yet")
        #expect(status.ports == cluster.ports)
        cluster.executor.stop()
    }

    @Test("throws when the reader of results throws, and goes on with the next round")
    func failingReader() async throws {
        let cluster = try Cluster(operators: operators, inProcess: InProcessServer())
        let worker = try cluster.worker(computing: FakeComputing(operators: operators))
        struct Full: Error {}
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await worker.loop.run() }
            let round = FakeRounds.round(0, tasks: 4, operators: operators, floats: 10)
            await #expect(throws: Full.self) {
                try await cluster.executor.execute(round) { _ in throw Full() }
            }
            let again = try await cluster.results(of: round)
            #expect(again == FakeRounds.expected(round, operators: operators))
            await cluster.executor.drain(reason: "done")
            try await group.waitForAll()
        }
    }
}
