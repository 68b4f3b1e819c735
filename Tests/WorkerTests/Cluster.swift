import Glibc
import Coordination
import Coordinator
import Synchronization
import Tasks
import Tensors
import Transport
import WireProtocol
import Worker

/// A coordinator and what its workers need to find it.
struct Cluster {
    let executor: DistributedRoundExecutor
    let ports: ServerPorts
    let operators: [OperatorID]
    let inProcess: InProcessServer?
    /// Where this machine's admins ask.
    let admin: AdminAddress

    /// A coordinator on loopback, or without a network.
    init(
        operators: [OperatorID], epoch: UInt32 = 1,
        ports: ServerPorts = ServerPorts(control: 0, data: 0),
        inProcess server: InProcessServer? = nil, fingerprint: String? = nil,
        administration: Administration = Administration(),
        note: @escaping @Sendable (CoordinatorNote) -> Void = { _ in }
    ) throws {
        var settings = CoordinatorSettings(
            runID: "test", configuration: "seed: 7", configurationHash: "7", epoch: epoch)
        settings.timers.heartbeat = .milliseconds(200)
        settings.timers.disconnected = .milliseconds(100)
        settings.numericsFingerprint = fingerprint
        let socket = "/tmp/voxelnas-test-\(UInt64.random(in: 0 ... .max))"
        admin = .local(socket)
        let channel: any ServerChannel =
            if let server { server } else {
                try ZeroMQServer(host: "127.0.0.1", ports: ports, adminSocket: socket)
            }
        executor = DistributedRoundExecutor(
            settings: settings, channel: channel,
            requirements: { task, alpha in
                FakeComputing.requirements(of: task, alpha: alpha, operators: operators)
            }, administration: administration, note: note)
        self.ports = try executor.start()
        self.operators = operators
        inProcess = server
    }

    /// A worker of this coordinator.
    func worker(
        _ name: String = "worker", slots: Int = 1, computing: FakeComputing,
        fingerprint: String = "same"
    ) throws -> (loop: WorkerLoop, channel: any ClientChannel) {
        try worker(name, slots: slots, fingerprint: fingerprint) { _ in computing }
    }

    /// A worker that prepares the run in a given way.
    func worker(
        _ name: String, slots: Int = 1, fingerprint: String = "same",
        makeComputing: @escaping WorkerLoop.MakeComputing
    ) throws -> (loop: WorkerLoop, channel: any ClientChannel) {
        let nonce = UInt64.random(in: .min ... .max)
        var settings = WorkerSettings(
            name: name, bootNonce: nonce, cores: 1, slots: slots, prefetch: 1,
            numericsFingerprint: fingerprint)
        settings.timers.backOff = .milliseconds(10)...(.milliseconds(100))
        let peer = PeerID(bootNonce: nonce)
        let channel: any ClientChannel =
            if let inProcess {
                InProcessClient(connectingTo: inProcess, as: peer)
            } else {
                try ZeroMQClient(
                    connectingTo: CoordinatorAddress("127.0.0.1:\(ports.control)"), as: peer)
            }
        let loop = WorkerLoop(settings: settings, channel: channel, makeComputing: makeComputing)
        return (loop, channel)
    }

    /// The results of a round, by index; fails when one comes twice.
    func results(of round: Round) async throws -> [TaskResult] {
        let found = Mutex<[Int: TaskResult]>([:])
        try await executor.execute(round) { result in
            try found.withLock { found in
                guard found.updateValue(result, forKey: result.key.index) == nil else {
                    throw DeliveredTwice(key: result.key)
                }
            }
        }
        return found.withLock { found in found.sorted { $0.key < $1.key }.map(\.value) }
    }

    struct DeliveredTwice: Error {
        let key: TaskKey
    }
}

/// A gate that a fake computation waits at.
final class Gate: Sendable {
    private let isOpen = Atomic(false)

    var isOpenNow: Bool { isOpen.load(ordering: .acquiring) }

    func open() { isOpen.store(true, ordering: .releasing) }

    /// Blocks a compute thread, never the shared pool.
    func pass() {
        while !isOpen.load(ordering: .acquiring) { usleep(1000) }
    }
}
