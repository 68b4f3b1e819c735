import Coordination
import SearchSpaces
import Tasks
import WireProtocol

/// A coordinator with workers that say what a test lets them say.
struct Desk {
    var state: CoordinatorState
    let first = PeerID(bootNonce: 1)
    let second = PeerID(bootNonce: 2)
    let third = PeerID(bootNonce: 3)

    init(fingerprint: String? = nil, audits: Double = 0) {
        var settings = CoordinatorSettings(runID: "run", configuration: "c", epoch: 3)
        settings.numericsFingerprint = fingerprint
        settings.auditShare = audits
        state = CoordinatorState(settings: settings)
    }

    mutating func say(_ message: Message, from peer: PeerID, epoch: UInt32 = 3) -> [CoordinatorState
        .Effect]
    {
        state.handle(.received(ReceivedMessage(epoch: epoch, message: message), from: peer))
    }

    /// Admits a worker with one slot.
    mutating func admit(_ peer: PeerID, _ name: String, prefetch: Int = 0) -> [CoordinatorState
        .Effect]
    {
        _ = say(.hello(Self.hello(name)), from: peer, epoch: 0)
        return say(.taskRequest(TaskRequest(slots: 1, prefetch: prefetch)), from: peer)
    }

    static func hello(_ name: String) -> Hello {
        Hello(workerName: name, bootNonce: 1, cores: 1, slots: 1, prefetch: 0)
    }

    mutating func open(_ number: UInt64, tasks: Int) -> [CoordinatorState.Effect] {
        let list = (0..<tasks).map { Simulation.task(TaskKey(round: number, index: $0)) }
        return state.handle(
            .opened(number: number, tasks: list, inputs: Simulation.inputs(list), alpha: []))
    }

    /// What the task of a place reads, in one of several computations.
    static func inputs(_ round: UInt64, _ index: Int, computation: UInt32 = 0) -> TaskDigest {
        let key = TaskKey(round: round, index: index)
        return TaskDigest(
            of: Simulation.task(key, computation: computation), alpha: [], reading: [])
    }

    static func offer(
        _ round: UInt64, _ index: Int, lease: UInt64 = 0, digest: UInt32 = 1,
        computation: UInt32 = 0, blocks: [GradOffer.Block] = []
    ) -> Message {
        .gradOffer(
            GradOffer(
                key: TaskKey(round: round, index: index), lease: lease,
                inputs: inputs(round, index, computation: computation),
                architecture: Architecture(choices: [1]), sampleCount: 1, loss: 0, logits: [],
                slotProducts: [], blocks: blocks, digest: digest))
    }

    mutating func pass(seconds: Double) -> [CoordinatorState.Effect] {
        state.handle(.tick(now: state.now + .milliseconds(Int(seconds * 1000))))
    }
}

extension [CoordinatorState.Effect] {
    /// Who was leased which index.
    var leased: [String] {
        let names = [1: "first", 2: "second", 3: "third"].reduce(into: [PeerID: String]()) {
            $0[PeerID(bootNonce: $1.key)] = $1.value
        }
        return compactMap { effect in
            guard case .send(.lease(let lease), let peer) = effect else { return nil }
            return "\(lease.task.key.index)→\(names[peer] ?? "")"
        }
    }

    var acks: [GradAck.Code] {
        compactMap { effect in
            if case .send(.gradAck(let ack), _) = effect { ack.code } else { nil }
        }
    }

    var rejects: [Reject] {
        compactMap { effect in
            if case .send(.reject(let reject), _) = effect { reject } else { nil }
        }
    }
}
