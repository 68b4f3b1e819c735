import Coordination
import SearchSpaces
import Tasks
import Tensors
import Testing
import WireProtocol

/// A coordinator with workers that say what a test lets them say.
private struct Desk {
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
        computation: UInt32 = 0
    ) -> Message {
        .gradOffer(
            GradOffer(
                key: TaskKey(round: round, index: index), lease: lease,
                inputs: inputs(round, index, computation: computation),
                architecture: Architecture(choices: [1]), sampleCount: 1, loss: 0, logits: [],
                slotProducts: [], blocks: [], digest: digest))
    }

    mutating func pass(seconds: Double) -> [CoordinatorState.Effect] {
        state.handle(.tick(now: state.now + .milliseconds(Int(seconds * 1000))))
    }
}

extension [CoordinatorState.Effect] {
    /// Who was leased which index.
    fileprivate var leased: [String] {
        let names = [1: "first", 2: "second", 3: "third"].reduce(into: [PeerID: String]()) {
            $0[PeerID(bootNonce: $1.key)] = $1.value
        }
        return compactMap { effect in
            guard case .send(.lease(let lease), let peer) = effect else { return nil }
            return "\(lease.task.key.index)→\(names[peer] ?? "")"
        }
    }

    fileprivate var acks: [GradAck.Code] {
        compactMap { effect in
            if case .send(.gradAck(let ack), _) = effect { ack.code } else { nil }
        }
    }

    fileprivate var rejects: [Reject] {
        compactMap { effect in
            if case .send(.reject(let reject), _) = effect { reject } else { nil }
        }
    }
}

@Suite("The coordinator's decisions")
struct CoordinatorScenarioTests {
    @Test("lease one task per free slot, then the next ones for prefetching")
    func spreading() {
        var desk = Desk()
        _ = desk.admit(desk.first, "a", prefetch: 1)
        _ = desk.admit(desk.second, "b", prefetch: 1)
        #expect(desk.open(0, tasks: 5).leased == ["0→first", "1→second", "2→first", "3→second"])
    }

    @Test("bind no task early when there are fewer left than workers")
    func tail() {
        var desk = Desk()
        _ = desk.admit(desk.first, "a", prefetch: 1)
        _ = desk.admit(desk.second, "b", prefetch: 1)
        #expect(desk.open(0, tasks: 3).leased == ["0→first", "1→second"])
        #expect(desk.say(Desk.offer(0, 1), from: desk.second).leased == ["2→second"])
    }

    @Test("give a worker's tasks to others two seconds after its connection closed")
    func disconnection() {
        var desk = Desk()
        _ = desk.admit(desk.first, "a")
        _ = desk.open(0, tasks: 1)
        _ = desk.admit(desk.second, "b")
        _ = desk.state.handle(.disconnected(desk.first))
        #expect(desk.pass(seconds: 1.9).leased == [])
        #expect(desk.pass(seconds: 0.2).leased == ["0→second"])
    }

    @Test("wait for a worker that comes back in time")
    func reconnection() {
        var desk = Desk()
        _ = desk.admit(desk.first, "a")
        _ = desk.open(0, tasks: 1)
        _ = desk.admit(desk.second, "b")
        _ = desk.state.handle(.disconnected(desk.first))
        _ = desk.pass(seconds: 1)
        _ = desk.say(
            .heartbeat(Heartbeat(sequence: 1, progress: 1, residentBytes: 1, leases: [1])),
            from: desk.first)
        #expect(desk.pass(seconds: 3).leased == [])
    }

    @Test("give a silent worker's tasks to others after 15 seconds, and no new ones after six")
    func silence() {
        var desk = Desk()
        _ = desk.admit(desk.first, "a")
        _ = desk.open(0, tasks: 2)
        _ = desk.admit(desk.second, "b")
        func speak() {
            _ = desk.say(.taskRequest(TaskRequest(slots: 1, prefetch: 0)), from: desk.second)
        }
        _ = desk.pass(seconds: 7)
        speak()
        #expect(desk.state.membership[desk.first]?.status == .suspect)
        _ = desk.pass(seconds: 7)
        speak()
        _ = desk.say(Desk.offer(0, 1), from: desk.second)
        #expect(desk.pass(seconds: 1.5).leased == ["0→second"])
    }

    @Test("take back a lease without progress, although the worker is heard")
    func progress() {
        var desk = Desk()
        _ = desk.admit(desk.first, "a")
        _ = desk.open(0, tasks: 1)
        for _ in 0..<121 {
            _ = desk.pass(seconds: 5)
            _ = desk.say(
                .heartbeat(Heartbeat(sequence: 1, progress: 7, residentBytes: 1, leases: [1])),
                from: desk.first)
        }
        #expect(desk.state.counts.reissued == 1)
    }

    @Test("take back a lease that the worker does not know of")
    func lostLease() {
        var desk = Desk()
        _ = desk.admit(desk.first, "a")
        _ = desk.open(0, tasks: 1)
        _ = desk.pass(seconds: 5)
        let effects = desk.say(
            .heartbeat(Heartbeat(sequence: 1, progress: 7, residentBytes: 1, leases: [])),
            from: desk.first)
        #expect(effects.leased == ["0→first"])
    }

    @Test("answer late results with what they are")
    func lateResults() {
        var desk = Desk()
        _ = desk.admit(desk.first, "a")
        _ = desk.open(4, tasks: 2)
        let key = TaskKey(round: 4, index: 0)
        _ = desk.say(Desk.offer(4, 0), from: desk.first)
        let effects = desk.state.handle(.uploaded(key, from: desk.first, .valid))
        #expect(effects.acks == [.accepted])
        #expect(effects.contains(.deliver(key, from: desk.first)))
        _ = desk.admit(desk.second, "b")
        #expect(desk.say(Desk.offer(4, 0), from: desk.second).acks == [.duplicate])
        #expect(desk.say(Desk.offer(4, 0, digest: 9), from: desk.second).acks == [.mismatch])
        #expect(desk.say(Desk.offer(3, 0), from: desk.second).acks == [.stale])
        #expect(desk.say(Desk.offer(5, 0), from: desk.second).acks == [])
    }

    @Test("use a result that was offered before its round was open")
    func earlyResult() {
        var desk = Desk()
        _ = desk.admit(desk.first, "a")
        _ = desk.say(Desk.offer(6, 1), from: desk.first)
        let effects = desk.open(6, tasks: 2)
        #expect(effects.leased == ["0→first"])
        let received = effects.contains {
            if case .receive(let offer, desk.first) = $0 { offer.key.index == 1 } else { false }
        }
        #expect(received)
    }

    @Test("refuse a result of another computation at the same place, and keep its worker")
    func otherInputs() {
        var desk = Desk()
        _ = desk.say(.hello(Desk.hello("a")), from: desk.first, epoch: 0)
        _ = desk.say(Desk.offer(6, 1, computation: 1), from: desk.first)
        let opening = desk.open(6, tasks: 2)
        #expect(opening.acks == [.refused])
        #expect(
            opening.contains(.note(.otherInputs(TaskKey(round: 6, index: 1), desk.first))))
        #expect(desk.say(Desk.offer(6, 0, computation: 1), from: desk.first).acks == [.refused])
        #expect(desk.state.counts.foreign == 2)
        #expect(desk.state.counts.failures == 0)
        let request = Message.taskRequest(TaskRequest(slots: 1, prefetch: 0))
        #expect(desk.say(request, from: desk.first).leased == ["0→first"])
    }

    @Test("count a failed attempt when a lease yields a result of other inputs")
    func otherInputsUnderLease() {
        var desk = Desk()
        _ = desk.admit(desk.first, "a")
        _ = desk.admit(desk.second, "b")
        #expect(desk.open(0, tasks: 1).leased == ["0→first"])
        let effects = desk.say(Desk.offer(0, 0, lease: 1, computation: 1), from: desk.first)
        #expect(effects.acks == [.refused])
        #expect(effects.leased == ["0→second"])
        #expect(desk.state.counts.failures == 1)
        #expect(desk.state.contradictions.isEmpty)
    }

    @Test("lease no task whose result a worker says it holds, for five seconds")
    func reservation() {
        var desk = Desk()
        _ = desk.admit(desk.second, "b")
        let key = { TaskKey(round: 3, index: $0) }
        var hello = Desk.hello("a")
        hello.held = [
            HeldResult(key: key(0), inputs: Desk.inputs(3, 0)),
            HeldResult(key: key(1), inputs: Desk.inputs(3, 1, computation: 1)),
        ]
        _ = desk.say(.hello(hello), from: desk.first, epoch: 0)
        #expect(desk.open(3, tasks: 2).leased == ["1→second"])
        let offered = desk.say(Desk.offer(3, 0), from: desk.first)
        #expect(offered.contains { if case .receive = $0 { true } else { false } })
        _ = desk.state.handle(.closed)
        // The same promise again, which is not kept.
        #expect(desk.open(3, tasks: 2).leased == ["0→second"])
        _ = desk.state.handle(.closed)
        _ = desk.say(.hello(hello), from: desk.first, epoch: 0)
        #expect(desk.open(3, tasks: 1).leased == [])
        _ = desk.pass(seconds: 5)
        let beat = Heartbeat(sequence: 1, progress: 1, residentBytes: 1, leases: [])
        #expect(desk.say(.heartbeat(beat), from: desk.first).leased == ["0→second"])
    }

    @Test("fail the round after the second attempt that failed")
    func failure() {
        var desk = Desk()
        _ = desk.admit(desk.first, "a")
        _ = desk.admit(desk.second, "b")
        _ = desk.open(0, tasks: 1)
        let key = TaskKey(round: 0, index: 0)
        let again = desk.say(
            .taskFailure(TaskFailure(key: key, lease: 1, text: "no scan")), from: desk.first)
        #expect(again.leased == ["0→second"])
        let effects = desk.say(
            .taskFailure(TaskFailure(key: key, lease: 2, text: "no scan")), from: desk.second)
        #expect(
            effects.contains(
                .failed(TaskFailureError(key: key, attempts: ["a: no scan", "b: no scan"]))))
    }

    @Test("refuse strangers, old epochs, other versions and other arithmetic, with a hint")
    func refusals() {
        var desk = Desk(fingerprint: "avx2")
        let request = Message.taskRequest(TaskRequest(slots: 1, prefetch: 0))
        #expect(desk.say(request, from: desk.first).rejects.map(\.code) == [.unknownSession])
        var hello = Desk.hello("a")
        #expect(desk.say(.hello(hello), from: desk.first).rejects.map(\.code) == [.numerics])
        hello.numericsFingerprint = "avx2"
        hello.protocolMinimum = 0x0900
        hello.protocolMaximum = 0x0900
        let version = desk.say(.hello(hello), from: desk.first).rejects.first
        #expect(version?.code == .version)
        #expect(version?.hint.isEmpty == false)
        hello.protocolMinimum = 0x0100
        #expect(desk.say(.hello(hello), from: desk.first).rejects.isEmpty)
        #expect(desk.say(request, from: desk.first, epoch: 2).rejects.map(\.code) == [.staleEpoch])
    }

    @Test("survive a greeting whose versions are upside down")
    func upsideDown() {
        var desk = Desk()
        var hello = Desk.hello("a")
        hello.protocolMinimum = 900
        hello.protocolMaximum = 1
        #expect(desk.say(.hello(hello), from: desk.first).rejects.map(\.code) == [.version])
    }

    @Test("hold back results that do not fit into memory")
    func memory() {
        var desk = Desk()
        _ = desk.admit(desk.first, "a")
        _ = desk.admit(desk.second, "b")
        _ = desk.open(0, tasks: 2)
        func large(_ index: Int) -> Message {
            .gradOffer(
                GradOffer(
                    key: TaskKey(round: 0, index: index), lease: 0,
                    inputs: Desk.inputs(0, index),
                    architecture: Architecture(choices: [1]), sampleCount: 1, loss: 0, logits: [],
                    slotProducts: [],
                    blocks: [.init(id: OperatorID("x"), kind: .parameters, count: 100 << 20)],
                    digest: 1))
        }
        func receives(_ effects: [CoordinatorState.Effect]) -> Bool {
            effects.contains { if case .receive = $0 { true } else { false } }
        }
        #expect(receives(desk.say(large(0), from: desk.first)))
        #expect(!receives(desk.say(large(1), from: desk.second)))
        let key = TaskKey(round: 0, index: 0)
        #expect(!receives(desk.state.handle(.uploaded(key, from: desk.first, .valid))))
        #expect(receives(desk.state.handle(.delivered(key))))
    }

    @Test("say why nothing moves")
    func waiting() {
        var desk = Desk()
        #expect(desk.state.waitingReason == "no round is open yet")
        _ = desk.open(812, tasks: 2)
        #expect(desk.state.waitingReason == "round 812: 0/2 in, waiting for a worker to join")
        _ = desk.say(.hello(Desk.hello("gpu-less-03")), from: desk.first)
        #expect(desk.state.waitingReason == "round 812: 0/2 in, no worker takes tasks: 1 preparing")
        _ = desk.say(.taskRequest(TaskRequest(slots: 1, prefetch: 0)), from: desk.first)
        _ = desk.pass(seconds: 12)
        #expect(
            desk.state.waitingReason
                == "round 812: 0/2 in, waiting for index 0 on gpu-less-03, 12 s, no progress 12 s, "
                + "worker silent; 1 not leased")
    }
}

@Suite("Late tasks, audits and poison")
struct OpinionTests {
    private func delivered(_ effects: [CoordinatorState.Effect]) -> PeerID? {
        for case .deliver(_, let peer) in effects { return peer }
        return nil
    }

    private func quarantined(_ effects: [CoordinatorState.Effect]) -> [PeerID] {
        effects.compactMap { if case .note(.quarantined(let peer, _)) = $0 { peer } else { nil } }
    }

    /// A worker offers a result, which is received and looked at.
    private func give(
        _ desk: inout Desk, _ peer: PeerID, _ index: Int = 0, digest: UInt32 = 1,
        _ verdict: CoordinatorState.Verdict = .valid
    ) -> [CoordinatorState.Effect] {
        let offered = desk.say(Desk.offer(0, index, digest: digest), from: peer)
        let isReceived = offered.contains { if case .receive = $0 { true } else { false } }
        guard isReceived else { return offered }
        let key = TaskKey(round: 0, index: index)
        return offered + desk.state.handle(.uploaded(key, from: peer, verdict))
    }

    private func beat(_ desk: inout Desk, _ peer: PeerID, progress: UInt64, _ leases: [UInt64]) {
        let beat = Heartbeat(
            sequence: progress, progress: progress, residentBytes: 1, leases: leases)
        _ = desk.say(.heartbeat(beat), from: peer)
    }

    @Test("a late task goes to an idle worker too, once, and the first result counts")
    func late() {
        var desk = Desk()
        _ = desk.admit(desk.first, "a")
        _ = desk.admit(desk.second, "b")
        _ = desk.open(0, tasks: 1)
        var leased: [String] = []
        for second in 1...14 {
            leased += desk.pass(seconds: 1).leased
            beat(&desk, desk.first, progress: UInt64(second), [1])
            beat(&desk, desk.second, progress: UInt64(second), second > 10 ? [2] : [])
            if second == 9 { #expect(leased.isEmpty) }
        }
        #expect(leased == ["0→second"])
        let effects = give(&desk, desk.second)
        #expect(delivered(effects) == desk.second)
        #expect(effects.contains(.send(.abandon(Abandon(leases: [1])), to: desk.first)))
        #expect(desk.state.counts.speculated == 1 && desk.state.counts.speculationsWon == 1)
        #expect(desk.say(Desk.offer(0, 0), from: desk.first).acks == [.duplicate])
        #expect(desk.state.contradictions.isEmpty)
    }

    @Test("an audited task counts when two workers have the same bits")
    func agreement() {
        var desk = Desk(audits: 1)
        _ = desk.admit(desk.first, "a")
        _ = desk.admit(desk.second, "b")
        let leased = desk.open(0, tasks: 1).leased + desk.pass(seconds: 0.1).leased
        #expect(leased == ["0→first", "0→second"])
        let first = give(&desk, desk.first)
        #expect(first.acks == [.accepted] && delivered(first) == nil)
        let second = give(&desk, desk.second)
        #expect(second.acks == [.duplicate])
        #expect(delivered(second) == desk.first)
        #expect(desk.state.counts.audited == 1)
        #expect(desk.state.contradictions.isEmpty)
    }

    @Test("a third worker decides between two, and the one that is outvoted gets no more work")
    func outvoted() {
        var desk = Desk(audits: 1)
        for (peer, name) in [(desk.first, "a"), (desk.second, "b")] { _ = desk.admit(peer, name) }
        _ = desk.open(0, tasks: 1)
        _ = desk.pass(seconds: 0.1)
        _ = give(&desk, desk.first, digest: 666)
        let second = give(&desk, desk.second, digest: 1)
        #expect(delivered(second) == nil && desk.state.counts.mismatches == 1)
        #expect(
            desk.state.waitingReason
                == "round 0: 0/1 in, a and b disagree about index 0; a third worker must decide, "
                + "start one")
        #expect(desk.admit(desk.third, "c").leased == ["0→third"])
        let third = give(&desk, desk.third, digest: 1)
        #expect(delivered(third) == desk.second)
        #expect(quarantined(third) == [desk.first])
        #expect(third.rejects.map(\.code) == [.quarantined])
        #expect(desk.state.contradictions.isEmpty)
    }

    @Test("an audit is given up where there is no second worker")
    func waived() {
        var desk = Desk(audits: 1)
        _ = desk.admit(desk.first, "a")
        _ = desk.open(0, tasks: 1)
        #expect(delivered(give(&desk, desk.first)) == desk.first)
        #expect(desk.state.counts.auditsWaived == 1)
    }

    @Test("an unsound result that another worker does not have shows a bad machine")
    func badMachine() {
        var desk = Desk()
        _ = desk.admit(desk.first, "a")
        _ = desk.admit(desk.second, "b")
        _ = desk.open(0, tasks: 1)
        let bad = give(&desk, desk.first, digest: 7, .faulty("nan"))
        #expect(bad.acks == [.refused] && bad.leased == ["0→second"])
        let good = give(&desk, desk.second, digest: 1)
        #expect(delivered(good) == desk.second)
        #expect(quarantined(good) == [desk.first])
        #expect(desk.state.counts.poisoned == 0)
    }

    @Test("an unsound result on two workers shows bad data, and is handed over")
    func badData() {
        var desk = Desk()
        _ = desk.admit(desk.first, "a")
        _ = desk.admit(desk.second, "b")
        _ = desk.open(0, tasks: 1)
        _ = give(&desk, desk.first, digest: 7, .faulty("nan"))
        let second = give(&desk, desk.second, digest: 7, .faulty("nan"))
        #expect(delivered(second) == desk.second)
        #expect(quarantined(second).isEmpty && desk.state.counts.poisoned == 1)
        #expect(desk.state.contradictions.isEmpty)
    }

    @Test("a single worker is asked twice")
    func alone() {
        var desk = Desk()
        _ = desk.admit(desk.first, "a")
        _ = desk.open(0, tasks: 1)
        #expect(give(&desk, desk.first, digest: 1, .faulty("nan")).leased == ["0→first"])
        #expect(delivered(give(&desk, desk.first, digest: 1, .faulty("nan"))) == desk.first)
        #expect(desk.state.counts.poisoned == 1)
    }

    @Test("after bits that differ from a counted result, both workers' tasks are audited")
    func suspects() {
        var desk = Desk()
        _ = desk.admit(desk.first, "a")
        _ = desk.admit(desk.second, "b")
        _ = desk.open(0, tasks: 2)
        _ = give(&desk, desk.first, 0)
        _ = desk.say(Desk.offer(0, 0, digest: 9), from: desk.second)
        _ = give(&desk, desk.second, 1)
        _ = desk.state.handle(.delivered(TaskKey(round: 0, index: 0)))
        _ = desk.state.handle(.delivered(TaskKey(round: 0, index: 1)))
        let leased = desk.open(1, tasks: 1).leased + desk.pass(seconds: 0.1).leased
        #expect(leased.count == 2)
    }
}

@Suite("A worker that cannot prepare the run")
struct UnpreparedWorkerTests {
    private static func worker() -> WorkerState {
        WorkerState(
            settings: WorkerSettings(
                name: "a", bootNonce: 1, cores: 1, slots: 1, prefetch: 0, numericsFingerprint: ""))
    }

    private static func welcome(run: String = "run") -> WorkerState.Event {
        var settings = CoordinatorSettings(runID: run, configuration: "c", epoch: 3)
        settings.dataPort = 7732
        return .received(
            ReceivedMessage(epoch: 3, message: .welcome(settings.welcome(session: 1))))
    }

    private static let goodbye = WorkerState.Effect.send(
        .goodbye(Goodbye(reason: "no shards", isUnprepared: true)))

    @Test("says why, and ends")
    func reason() {
        var worker = Self.worker()
        _ = worker.handle(.connected)
        _ = worker.handle(Self.welcome())
        let effects = worker.handle(.unprepared(runID: "run", reason: "no shards"))
        #expect(effects == [Self.goodbye, .giveUp(reason: "no shards")])
        #expect(worker.handle(.connected).isEmpty)
    }

    @Test("says it after the next welcome when the connection is gone")
    func reconnection() {
        var worker = Self.worker()
        _ = worker.handle(.connected)
        _ = worker.handle(Self.welcome())
        _ = worker.handle(.disconnected)
        #expect(worker.handle(.unprepared(runID: "run", reason: "no shards")).isEmpty)
        _ = worker.handle(.connected)
        let effects = worker.handle(Self.welcome())
        #expect(effects.suffix(2) == [Self.goodbye, .giveUp(reason: "no shards")])
    }

    @Test("tries again when it is another run's turn")
    func otherRun() {
        var worker = Self.worker()
        _ = worker.handle(.connected)
        _ = worker.handle(Self.welcome())
        _ = worker.handle(.disconnected)
        _ = worker.handle(.unprepared(runID: "run", reason: "no shards"))
        _ = worker.handle(.connected)
        let effects = worker.handle(Self.welcome(run: "next"))
        #expect(effects.contains(.makeComputing(runID: "next", configuration: "c")))
        #expect(worker.handle(.unprepared(runID: "run", reason: "late")).isEmpty)
    }

    @Test("shortens a reason to what a message holds")
    func longReason() throws {
        var worker = Self.worker()
        _ = worker.handle(.connected)
        _ = worker.handle(Self.welcome())
        let text = String(repeating: "ä", count: 5000)
        for case .send(let message) in worker.handle(.unprepared(runID: "run", reason: text)) {
            try MessageCodec.check(message)
        }
    }

    @Test("is named with its reason by the coordinator, until one takes tasks")
    func naming() {
        var desk = Desk(fingerprint: "")
        _ = desk.open(2, tasks: 1)
        _ = desk.say(.hello(Desk.hello("a")), from: desk.first, epoch: 0)
        let effects = desk.say(
            .goodbye(Goodbye(reason: "no shards", isUnprepared: true)), from: desk.first)
        #expect(effects.contains(.note(.unprepared(desk.first, "a", "no shards"))))
        #expect(
            desk.state.waitingReason
                == "round 2: 0/1 in, waiting for a worker to join; worker a cannot take part: "
                + "no shards")
        var other = Desk.hello("c")
        other.numericsFingerprint = "sse2"
        _ = desk.say(.hello(other), from: desk.second, epoch: 0)
        #expect(
            desk.state.waitingReason.hasSuffix(
                "; worker c was refused: worker computes as 'sse2', the run as ''"))
        _ = desk.admit(desk.second, "b")
        _ = desk.state.handle(.disconnected(desk.second))
        _ = desk.pass(seconds: 3)
        #expect(desk.state.waitingReason == "round 2: 0/1 in, waiting for a worker to join")
    }
}

@Suite("A transfer")
struct TransferTests {
    @Test(
        "arrives whole with credit for a window at a time",
        arguments: [1, 1000, 262_144, 4 << 20, 11_000_003])
    func window(total: Int) {
        let outgoing = OutgoingTransfer(id: 1, total: total)
        var incoming = IncomingTransfer(id: 1, total: total, window: 4 << 20)
        var queue = outgoing.chunks(offset: 0, length: 4 << 20)
        var requests = 0
        while !queue.isEmpty {
            #expect(queue.reduce(0) { $0 + $1.count } <= 4 << 20)
            let range = queue.removeFirst()
            let isNext = incoming.accept(offset: range.lowerBound, count: range.count)
            #expect(isNext)
            if let get = incoming.renewal() {
                requests += 1
                queue += outgoing.chunks(offset: get.offset, length: get.length)
            }
        }
        #expect(incoming.isComplete)
        #expect(requests <= total / (2 << 20))
    }

    @Test("ignores chunks that come twice, early or beyond the credit")
    func order() {
        var incoming = IncomingTransfer(id: 1, total: 100, window: 40)
        let answers = [(0, 10), (0, 10), (20, 10), (10, 40), (10, 30)].map {
            incoming.accept(offset: $0.0, count: $0.1)
        }
        #expect(answers == [true, false, false, false, true])
        #expect(incoming.received == 40)
    }

    @Test("goes on where an earlier one broke")
    func resumption() {
        var incoming = IncomingTransfer(id: 2, total: 100, window: 40, received: 70)
        let isNext = incoming.accept(offset: 70, count: 30)
        #expect(isNext)
        #expect(incoming.isComplete)
    }

    @Test(
        "answers requests outside with nothing",
        arguments: [(-1, 5), (100, 1), (0, 0), (Int.max, Int.max)])
    func outside(offset: Int, length: Int) {
        #expect(OutgoingTransfer(id: 1, total: 100).chunks(offset: offset, length: length).isEmpty)
    }
}
