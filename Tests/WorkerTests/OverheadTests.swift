import Coordination
import Coordinator
import Foundation
import SearchSpaces
import Tasks
import Tensors
import Testing
import Transport
import WireProtocol
import Worker

/// Measures what the network costs; run in release with `VOXELNAS_BENCHMARKS=1`.
@Suite(
    "The cost of the network", .serialized,
    .enabled(if: ProcessInfo.processInfo.environment["VOXELNAS_BENCHMARKS"] != nil))
struct OverheadTests {
    /// Sends the parameters back as gradients: all of the time is the network's.
    private struct Echo: TaskComputing {
        let operators: [OperatorID]

        func requirements(of task: TaskDescription, alpha: [Float]) throws -> TaskRequirements {
            FakeComputing.requirements(of: task, alpha: alpha, operators: operators)
        }

        func compute(
            _ task: TaskDescription, architecture: Architecture, parameters: ParameterSet,
            statistics: ParameterSet
        ) throws -> TaskResult {
            TaskResult(
                key: task.key, architecture: architecture, sampleCount: 4, loss: 1,
                gradients: parameters)
        }
    }

    @Test("of rounds of four tasks with 11 MB each way", arguments: [1, 2, 3])
    func rounds(workers: Int) async throws {
        let operators = FakeRounds.operators(26)
        let floats = 11_000_000 / 4 / 25
        let cluster = try Cluster(operators: operators)
        let echo = Echo(operators: operators)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<workers {
                let nonce = UInt64.random(in: .min ... .max)
                let channel = try ZeroMQClient(
                    connectingTo: CoordinatorAddress("127.0.0.1:\(cluster.ports.control)"),
                    as: PeerID(bootNonce: nonce))
                let loop = WorkerLoop(
                    settings: WorkerSettings(
                        name: "echo", bootNonce: nonce, cores: 1, slots: 1, prefetch: 1,
                        numericsFingerprint: ""),
                    channel: channel
                ) { _ in echo }
                group.addTask { _ = try await loop.run() }
            }
            var times: [Double] = []
            var processor: [Double] = []
            for number in 0..<20 as Range<UInt64> {
                let round = FakeRounds.round(number, tasks: 4, operators: operators, floats: floats)
                let start = ContinuousClock.now
                let clockStart = clock()
                try await cluster.executor.execute(round) { _ in }
                times.append((ContinuousClock.now - start).inSeconds)
                processor.append(Double(clock() - clockStart) / Double(CLOCKS_PER_SEC))
            }
            let median = times.sorted()[times.count / 2]
            let megabytes = 4 * 2 * 4 * Double(25 * floats) / 1e6
            let split = try await cluster.executor.status().split
            print(
                "\(workers) worker(s): median \(Int(median * 1e4)) × 0.1 ms a round, "
                    + "best \(Int((times.min() ?? 0) * 1e4)), processor "
                    + "\(Int(processor.sorted()[10] * 1e4)); \(Int(megabytes / median)) MB/s; "
                    + "pull \(Int(split.pullSeconds * 1e4)), push \(Int(split.pushSeconds * 1e4))")
            await cluster.executor.drain(reason: "done")
            try await group.waitForAll()
        }
    }

    @Test("of small tasks")
    func smallTasks() async throws {
        let operators = FakeRounds.operators(3)
        let cluster = try Cluster(operators: operators)
        let worker = try cluster.worker(computing: FakeComputing(operators: operators))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await worker.loop.run() }
            let warm = FakeRounds.round(0, tasks: 4, operators: operators, floats: 10)
            try await cluster.executor.execute(warm) { _ in }
            let round = FakeRounds.round(1, tasks: 1000, operators: operators, floats: 10)
            let start = ContinuousClock.now
            try await cluster.executor.execute(round) { _ in }
            let seconds = (ContinuousClock.now - start).inSeconds
            print("small tasks: \(Int(1000 / seconds)) a second, one worker")
            await cluster.executor.drain(reason: "done")
            try await group.waitForAll()
        }
    }
}
