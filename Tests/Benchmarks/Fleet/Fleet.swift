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

/// A coordinator with CURVE, and simulated workers that join, leave and outlive it.
final class Fleet {
    let folder = KeyFolder(
        path: NSTemporaryDirectory() + "fleet-keys-\(UInt64.random(in: 0 ... .max))")
    let context: Context
    private(set) var executor: DistributedRoundExecutor
    private(set) var address: CoordinatorAddress
    private(set) var loops: [WorkerLoop] = []
    private let keys: [KeyFile]
    private var ports = ServerPorts(control: 0, data: 0)
    private var epoch: UInt32 = 0
    private var made = 0

    /// A fleet without workers, with a key for every hundred of so many, as for pools of machines.
    init(atMost workerCount: Int) throws {
        let folder = folder
        keys = try (0...(workerCount / 100)).map {
            try KeyFile(contentsOf: folder.issue("pool\($0)", role: .worker))
        }
        context = try Context(maximumSockets: 8 * workerCount + 100)
        (executor, ports) = try Self.coordinator(epoch: 1, ports: ports, folder: folder)
        address = try CoordinatorAddress("127.0.0.1:\(ports.control)")
        epoch = 1
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

    /// A worker that has not been started.
    func makeWorker() throws -> WorkerLoop {
        let nonce = UInt64.random(in: .min ... .max)
        let key = keys[made / 100 % keys.count]
        made += 1
        let loop = WorkerLoop(
            settings: WorkerSettings(
                name: "\(key.name)/\(made)", bootNonce: nonce, cores: 1, slots: 1, prefetch: 0,
                numericsFingerprint: ""),
            channel: try ZeroMQClient(
                connectingTo: address, as: PeerID(bootNonce: nonce), key: key, context: context)
        ) { _ in Echo() }
        loops.append(loop)
        return loop
    }

    /// Ends the oldest worker, as the death of its process would.
    func killOldest() {
        guard !loops.isEmpty else { return }
        loops.removeFirst().stop()
    }

    /// Waits until so many workers take tasks.
    func waitForActive(_ count: Int) async throws {
        while try await executor.status().workers.count(where: { $0.status == .active }) < count {
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Has a round of equal tasks computed.
    ///
    /// - Returns: Seconds.
    func round(_ number: UInt64, tasks: Int, floats: Int) async throws -> Double {
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
        return seconds(since: opened)
    }

    func close() {
        for loop in loops { loop.stop() }
        executor.stop()
        try? FileManager.default.removeItem(atPath: folder.path)
    }
}
