import Coordination
import Foundation
import Identities
import Synchronization
import Transport
import WireProtocol
import ZeroMQ

func elapsed(since start: ContinuousClock.Instant) -> Double {
    (ContinuousClock.now - start) / .seconds(1)
}

/// Asks over a connection of its own how long a heartbeat takes, until it is told to stop.
final class Pulse: Sendable {
    private let times = Mutex<[Double]>([])
    private let isOver = Atomic(false)

    /// A pulse on a thread of its own.
    static func start(beside fleet: Fleet) throws -> Pulse {
        let key = try KeyFile(contentsOf: fleet.folder.issue("pulse", role: .worker))
        let pulse = Pulse()
        let address = fleet.address
        Thread {
            do {
                try pulse.run(address, key: key)
            } catch {
                FileHandle.standardError.write(Data("pulse: \(error)\n".utf8))
            }
        }.start()
        return pulse
    }

    private func run(_ address: CoordinatorAddress, key: KeyFile) throws {
        let nonce = UInt64.random(in: .min ... .max)
        let client = try ZeroMQClient(
            connectingTo: address, as: PeerID(bootNonce: nonce), key: key)
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
                    times.withLock { $0.append(elapsed(since: sentAt)) }
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
