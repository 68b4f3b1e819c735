// A coordinator and many simulated workers in one process: the real protocol, with CURVE, and
// computing that costs nothing. Prints one JSON object.
//
//     FleetBenchmark [workers] [tasks] [rounds] [floats]

import Coordination
import Coordinator
import Foundation
import Identities
import SearchSpaces
import Synchronization
import Tasks
import Tensors
import Transport
import WireProtocol
import Worker
import ZeroMQ

/// Sends the parameters back as gradients.
struct Echo: TaskComputing {
    static let operators = [OperatorID("one")]

    static func needs(_ task: TaskDescription) -> TaskRequirements {
        TaskRequirements(architecture: Architecture(choices: [0]), operators: operators)
    }

    func requirements(of task: TaskDescription, alpha: [Float]) throws -> TaskRequirements {
        Self.needs(task)
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

/// What was measured.
struct Figures: Encodable {
    var workers = 0
    var tasks = 0
    var floats = 0
    var admittedSeconds = 0.0
    var tasksPerSecond = 0.0
    var bestTasksPerSecond = 0.0
    var megabytesPerSecond = 0.0
    var controlP50Milliseconds = 0.0
    var controlP99Milliseconds = 0.0
    var controlSamples = 0
    var residentMegabytes = 0.0
}

func seconds(since start: ContinuousClock.Instant) -> Double {
    (ContinuousClock.now - start) / .seconds(1)
}

/// Asks over a connection of its own how long a heartbeat takes, until it is told to stop.
final class Pulse: Sendable {
    private let times = Mutex<[Double]>([])
    private let isOver = Atomic(false)

    func run(_ address: CoordinatorAddress, key: KeyFile, context: Context) throws {
        let nonce = UInt64.random(in: .min ... .max)
        let client = try ZeroMQClient(
            connectingTo: address, as: PeerID(bootNonce: nonce), key: key, context: context)
        let inbox = Inbox<ClientEvent>()
        try client.start { inbox.push($0) }
        let hello = Hello(
            workerName: "\(key.name)/pulse", bootNonce: nonce, cores: 1, slots: 0, prefetch: 0)
        try client.send(.hello(hello), epoch: 0, lane: .control)
        var epoch: UInt32 = 0
        var sequence: UInt64 = 0
        var sentAt = ContinuousClock.now
        func beat() throws {
            sequence += 1
            sentAt = .now
            let beat = Heartbeat(
                sequence: sequence, progress: sequence, residentBytes: 0, leases: [])
            try client.send(.heartbeat(beat), epoch: epoch, lane: .control)
        }
        while !isOver.load(ordering: .acquiring) {
            for event in inbox.take(within: .milliseconds(100)) {
                guard case .received(let received, _) = event else { continue }
                switch received.message {
                case .welcome:
                    epoch = received.epoch
                    try beat()
                case .heartbeatAck(let ack) where ack.sequence == sequence:
                    times.withLock { $0.append(seconds(since: sentAt)) }
                    usleep(10_000)
                    try beat()
                default: continue
                }
            }
        }
        client.close()
    }

    func stop() -> [Double] {
        isOver.store(true, ordering: .releasing)
        return times.withLock { $0.sorted() }
    }

    func forget() { times.withLock { $0 = [] } }
}

let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
let workerCount = numbers.first ?? 1000
let taskCount = numbers.dropFirst().first ?? 1000
let roundCount = numbers.dropFirst(2).first ?? 5
let floatCount = numbers.dropFirst(3).first ?? 256
let folder = KeyFolder(
    path: NSTemporaryDirectory() + "fleet-keys-\(UInt64.random(in: 0 ... .max))")

// One key for a hundred workers, as for a pool of machines.
let keys = try (0...(workerCount / 100)).map {
    try KeyFile(contentsOf: folder.issue("pool\($0)", role: .worker))
}
let pulseKey = try KeyFile(contentsOf: folder.issue("pulse", role: .worker))
let executor = DistributedRoundExecutor(
    settings: CoordinatorSettings(runID: "fleet", configuration: "fleet", epoch: 1),
    channel: try ZeroMQServer(
        host: "127.0.0.1", ports: ServerPorts(control: 0, data: 0),
        protection: .keys(folder, guests: [])),
    requirements: { task, _ in Echo.needs(task) },
    note: { note in
        guard note.isTrouble else { return }
        FileHandle.standardError.write(Data("\(note)\n".utf8))
    })
let ports = try executor.start()
let address = try CoordinatorAddress("127.0.0.1:\(ports.control)")
let context = try Context(maximumSockets: 8 * workerCount + 100)
var figures = Figures(workers: workerCount, tasks: taskCount, floats: floatCount)
let pulse = Pulse()
let pulseThread = Thread {
    do {
        try pulse.run(address, key: pulseKey, context: context)
    } catch {
        FileHandle.standardError.write(Data("pulse: \(error)\n".utf8))
    }
}
pulseThread.start()

let start = ContinuousClock.now
try await withThrowingTaskGroup(of: Void.self) { group in
    var loops: [WorkerLoop] = []
    for number in 0..<workerCount {
        let nonce = UInt64.random(in: .min ... .max)
        let key = keys[number / 100]
        let loop = WorkerLoop(
            settings: WorkerSettings(
                name: "\(key.name)/\(number)", bootNonce: nonce, cores: 1, slots: 1, prefetch: 0,
                numericsFingerprint: ""),
            channel: try ZeroMQClient(
                connectingTo: address, as: PeerID(bootNonce: nonce), key: key, context: context)
        ) { _ in Echo() }
        loops.append(loop)
        group.addTask { _ = try await loop.run() }
    }
    while try await executor.status().workers.count(where: { $0.status == .active }) < workerCount {
        try await Task.sleep(for: .milliseconds(20))
    }
    figures.admittedSeconds = seconds(since: start)
    pulse.forget()
    var parameters = ParameterSet()
    parameters[Echo.operators[0]] = (0..<floatCount).map { Float($0) }
    var total = 0.0
    for number in 0..<UInt64(roundCount) {
        let round = Round(
            number: number,
            tasks: (0..<taskCount).map { index in
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
        let taken = seconds(since: opened)
        total += taken
        figures.bestTasksPerSecond = max(figures.bestTasksPerSecond, Double(taskCount) / taken)
    }
    figures.tasksPerSecond = Double(taskCount * roundCount) / total
    figures.megabytesPerSecond = figures.tasksPerSecond * Double(8 * floatCount) / 1e6
    let times = pulse.stop()
    figures.controlSamples = times.count
    if !times.isEmpty {
        figures.controlP50Milliseconds = 1000 * times[times.count / 2]
        figures.controlP99Milliseconds = 1000 * times[min(times.count - 1, times.count * 99 / 100)]
    }
    figures.residentMegabytes =
        Double(try await executor.status().residentBytes) / 1e6
    for loop in loops { loop.stop() }
    group.cancelAll()
    while let result = await group.nextResult() { _ = result }
}
executor.stop()
try? FileManager.default.removeItem(atPath: folder.path)
let encoder = JSONEncoder()
encoder.outputFormatting = [.sortedKeys]
print(String(decoding: try encoder.encode(figures), as: UTF8.self))
