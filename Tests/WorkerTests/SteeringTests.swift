import Coordination
import Coordinator
import Digests
import Foundation
import Synchronization
import Tasks
import Testing
import Transport
import WireProtocol
import Worker

@Suite("An operator", .serialized, .timeLimit(.minutes(1)))
struct SteeringTests {
    private let operators = FakeRounds.operators(4)

    /// Waits for a coordinator's status to be as wanted.
    private func wait(
        _ cluster: Cluster, until isSo: (CoordinatorStatus) -> Bool
    ) async throws {
        while try await !isSo(cluster.executor.status()) {
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    @Test("pauses a run and lets it go on, with the same results")
    func pause() async throws {
        let notes = Mutex<[CoordinatorNote]>([])
        let cluster = try Cluster(operators: operators) { note in
            notes.withLock { $0.append(note) }
        }
        let operatorsClient = StatusClient(cluster.admin)
        let reply = try await operatorsClient.perform(AdminCommand(.pause, reason: "smoke"))
        #expect(reply.isDone)
        let worker = try cluster.worker(computing: FakeComputing(operators: operators))
        let round = FakeRounds.round(0, tasks: 6, operators: operators, floats: 10)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await worker.loop.run() }
            group.addTask {
                let results = try await cluster.results(of: round)
                #expect(results == FakeRounds.expected(round, operators: operators))
            }
            try await wait(cluster) { $0.workers.first?.status == .active }
            let status = try await operatorsClient.status("tasks")
            #expect(status.paused == "smoke")
            #expect(status.waiting.hasPrefix("paused: smoke"))
            #expect(status.tasks?.map(\.stage) == Array(repeating: .pending, count: 6))
            _ = try await operatorsClient.perform(AdminCommand(.resume))
            try await wait(cluster) { $0.round == nil && $0.workers.first?.accepted == 6 }
            worker.loop.drain()
            try await group.waitForAll()
        }
        #expect(
            notes.withLock { $0 }.contains {
                if case .commanded("pause", _) = $0 { true } else { false }
            })
        cluster.executor.stop()
    }

    @Test("says where a round's time went until the next one has results")
    func split() async throws {
        let cluster = try Cluster(operators: operators)
        let client = StatusClient(cluster.admin)
        let worker = try cluster.worker(computing: FakeComputing(operators: operators))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await worker.loop.run() }
            let first = FakeRounds.round(0, tasks: 6, operators: operators, floats: 10)
            _ = try await cluster.results(of: first)
            _ = try await client.perform(AdminCommand(.pause))
            let second = FakeRounds.round(1, tasks: 2, operators: operators, floats: 10)
            group.addTask { _ = try await cluster.results(of: second) }
            try await wait(cluster) { $0.round?.number == 1 }
            let split = try await client.status().split
            #expect(split.tasks == 6 && split.roundSeconds > 0)
            _ = try await client.perform(AdminCommand(.resume))
            try await wait(cluster) { $0.round == nil && $0.split.tasks == 2 }
            worker.loop.drain()
            try await group.waitForAll()
        }
        cluster.executor.stop()
    }

    @Test("sends one worker home and keeps the other")
    func drain() async throws {
        let cluster = try Cluster(operators: operators)
        let one = try cluster.worker("one", computing: FakeComputing(operators: operators))
        let two = try cluster.worker("two", computing: FakeComputing(operators: operators))
        let client = StatusClient(cluster.admin)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let outcome = try await one.loop.run()
                #expect(outcome == .drained)
            }
            group.addTask {
                let outcome = try await two.loop.run()
                #expect(outcome == .drained)
            }
            try await wait(cluster) { $0.workers.count == 2 }
            let unknown = try await client.perform(AdminCommand(.drain, target: "three"))
            #expect(!unknown.isDone)
            #expect(unknown.text.contains("'three'") && unknown.text.contains("one"))
            #expect(try await client.perform(AdminCommand(.drain, target: "one")).isDone)
            try await wait(cluster) { $0.workers.map(\.name) == ["two"] }
            _ = try await client.perform(AdminCommand(.drain))
            try await group.waitForAll()
        }
        cluster.executor.stop()
    }

    @Test("throws a worker out, and its task goes to another one")
    func evict() async throws {
        let gate = Gate()
        let cluster = try Cluster(operators: operators)
        let stuck = try cluster.worker(
            "stuck", computing: FakeComputing(operators: operators, before: { _, _ in gate.pass() })
        )
        let round = FakeRounds.round(0, tasks: 2, operators: operators, floats: 10)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                guard case .refused(let reject) = try await stuck.loop.run() else {
                    Issue.record("the worker was not told")
                    return
                }
                #expect(reject.code == .evicted && reject.text.contains("smoke"))
            }
            group.addTask {
                let results = try await cluster.results(of: round)
                #expect(results == FakeRounds.expected(round, operators: operators))
            }
            try await wait(cluster) { $0.workers.first?.leases.isEmpty == false }
            let reply = try await StatusClient(cluster.admin).perform(
                AdminCommand(.evict, target: "stuck", reason: "smoke"))
            #expect(reply.isDone)
            let other = try cluster.worker(computing: FakeComputing(operators: operators))
            group.addTask { _ = try await other.loop.run() }
            try await wait(cluster) { $0.workers.first?.accepted == 2 }
            gate.open()
            other.loop.drain()
            try await group.waitForAll()
        }
        cluster.executor.stop()
    }

    @Test("is asked by nobody else: requests reach the process, with its refusals")
    func requests() async throws {
        let asked = Mutex<[Administration.Request]>([])
        let administration = Administration(
            perform: { request in
                asked.withLock { $0.append(request) }
                return request == .checkpoint ? "nothing to save" : nil
            },
            answer: { $0 == "events" ? "[]" : nil })
        let cluster = try Cluster(operators: operators, administration: administration)
        let client = StatusClient(cluster.admin)
        #expect(try await client.perform(AdminCommand(.stop)).isDone)
        let refused = try await client.perform(AdminCommand(.checkpoint))
        #expect(!refused.isDone && refused.text == "nothing to save")
        #expect(asked.withLock { $0 } == [.stop, .checkpoint])
        #expect(try await client.text("events") == "[]")
        cluster.executor.stop()
    }

    @Test("has files of the run fetched by their digest, and goes on where a fetch broke off")
    func shards() throws {
        let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        let path = NSTemporaryDirectory() + "shard-\(UInt64.random(in: 0 ... .max))"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        var hash = SHA256()
        hash.update(bytes)
        let shard = ShardID(bytes: hash.finalize())
        let cluster = try Cluster(
            operators: operators,
            administration: Administration(shards: ShardCatalogue(paths: [shard: path])))
        let fetcher = ShardFetcher(
            address: try CoordinatorAddress("127.0.0.1:\(cluster.ports.control)"),
            dataPort: cluster.ports.data, key: nil)
        var found: [UInt8] = []
        try fetcher.fetch(shard, from: 0) { found += $0 }
        #expect(found == bytes)
        struct Cut: Error {}
        var part: [UInt8] = []
        #expect(throws: Cut.self) {
            try fetcher.fetch(shard, from: 0) {
                part += $0
                if part.count > 1_000_000 { throw Cut() }
            }
        }
        try fetcher.fetch(shard, from: part.count) { part += $0 }
        #expect(part == bytes)
        let other = ShardID(bytes: [UInt8](repeating: 7, count: 32))
        #expect(throws: WorkerError.self) { try fetcher.fetch(other, from: 0) { _ in } }
        cluster.executor.stop()
    }
}
