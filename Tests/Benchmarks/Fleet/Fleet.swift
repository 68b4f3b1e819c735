import Coordination
import Coordinator
import Foundation
import Identities
import SearchSpaces
import Tasks
import Tensors
import Transport
import WireProtocol
import Worker
import ZeroMQ

/// A coordinator with CURVE, and a crowd of simulated workers that outlives it.
final class Fleet {
    let folder = KeyFolder(
        path: NSTemporaryDirectory() + "fleet-keys-\(UInt64.random(in: 0 ... .max))")
    private(set) var executor: DistributedRoundExecutor
    let address: CoordinatorAddress
    private let crowd = Process()
    private let orders = Pipe()
    private var ports = ServerPorts(control: 0, data: 0)
    private var epoch: UInt32 = 1
    private let count: Int

    /// A coordinator whose workers have not been started.
    ///
    /// - Parameter count: Workers; a hundred share a key.
    /// - Throws: An error when keys cannot be written or no port is free.
    init(workers count: Int) throws {
        self.count = count
        for pool in 0...(count / Crowd.poolSize) {
            _ = try folder.issue(Crowd.keyName(pool), role: .worker)
        }
        (executor, ports) = try Self.coordinator(epoch: 1, ports: ports, folder: folder)
        address = try CoordinatorAddress("127.0.0.1:\(ports.control)")
    }

    /// Starts workers, and waits until all take tasks.
    func startWorkers() async throws {
        crowd.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
        crowd.arguments = [Crowd.mode, "127.0.0.1:\(ports.control)", folder.path, String(count)]
        crowd.standardInput = orders
        try crowd.run()
        try await waitForAll()
    }

    /// Kills the oldest worker and starts another one.
    func replaceOldest() {
        orders.fileHandleForWriting.write(Data("\n".utf8))
    }

    private static func coordinator(
        epoch: UInt32, ports: ServerPorts, folder: KeyFolder
    ) throws -> (DistributedRoundExecutor, ServerPorts) {
        let executor = DistributedRoundExecutor(
            settings: CoordinatorSettings(runID: "fleet", configuration: "fleet", epoch: epoch),
            channel: try ZeroMQServer(
                host: "127.0.0.1", ports: ports, protection: .keys(folder, guests: [])),
            requirements: { task, _ in Echo.needs(task) },
            note: { note in
                guard note.isTrouble else { return }
                FileHandle.standardError.write(Data("\(note)\n".utf8))
            })
        return (executor, try executor.start())
    }

    /// Ends the coordinator as `kill -9` would, and starts another one on the same ports.
    func restartCoordinator() async throws {
        executor.stop()
        // The threads of the first let go of its ports.
        for attempt in 0... {
            do {
                epoch += 1
                (executor, _) = try Self.coordinator(epoch: epoch, ports: ports, folder: folder)
                return
            } catch {
                guard attempt < 100 else { throw error }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    /// Waits until all workers take tasks.
    func waitForAll() async throws {
        while try await executor.status().workers.count(where: { $0.status == .active }) < count {
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Has a round of equal tasks computed.
    ///
    /// - Returns: Seconds.
    func round(_ number: UInt64, tasks: Int, floats: Int) async throws -> Double {
        try await Self.round(number, tasks: tasks, floats: floats, on: executor)
    }

    /// The same without the fleet at hand.
    static func round(
        _ number: UInt64, tasks: Int, floats: Int, on executor: DistributedRoundExecutor
    ) async throws -> Double {
        var parameters = ParameterSet()
        parameters[Echo.operators[0]] = (0..<floats).map { Float($0) }
        let round = Round(
            number: number,
            tasks: (0..<tasks).map { index in
                TaskDescription(
                    key: TaskKey(round: number, index: index), kind: .weightGradient,
                    model: .supernet, network: .fixed(Architecture(choices: [0])),
                    batch: .init(volumes: "search", scans: [index], epoch: 0, augmented: false),
                    objective: .init())
            },
            parameters: parameters, versions: [Echo.operators[0]: number],
            statistics: ParameterSet(), alpha: [0])
        let opened = ContinuousClock.now
        try await executor.execute(round) { _ in }
        return elapsed(since: opened)
    }

    func close() {
        if crowd.isRunning {
            crowd.terminate()
            crowd.waitUntilExit()
        }
        executor.stop()
        try? FileManager.default.removeItem(atPath: folder.path)
    }
}
