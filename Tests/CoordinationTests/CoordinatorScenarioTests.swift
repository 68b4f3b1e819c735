import Coordination
import Tasks
import Tensors
import Testing
import WireProtocol

@Suite("The coordinator's decisions")
struct CoordinatorScenarioTests {
    @Test("lease one task per free slot, then the next ones for prefetching")
    func spreading() {
        var desk = Desk()
        _ = desk.admit(desk.first, "a", prefetch: 1)
        _ = desk.admit(desk.second, "b", prefetch: 1)
        #expect(desk.open(0, tasks: 5).leased == ["0→first", "1→second", "2→first", "3→second"])
    }

    @Test("lease to many workers in portions, so that a heartbeat comes in between")
    func portions() {
        var desk = Desk()
        for number in 1...300 { _ = desk.admit(PeerID(bootNonce: UInt64(number)), "w\(number)") }
        let portions = [
            desk.open(0, tasks: 290), desk.pass(seconds: 0.1), desk.pass(seconds: 0.1),
            desk.pass(seconds: 0.1),
        ]
        #expect(portions.map(\.leased.count) == [128, 128, 34, 0])
        let leased = Set(portions.flatMap(\.leased).map { $0.prefix { $0 != "→" } })
        #expect(leased.count == 290)
        #expect(desk.state.contradictions == [])
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

    @Test("tell a worker that a task which it still fetches for is over")
    func staleFetch() {
        var desk = Desk()
        _ = desk.admit(desk.first, "a")
        _ = desk.open(4, tasks: 1)
        // The worker comes back after its task went to another one, which finishes the round.
        _ = desk.state.handle(.disconnected(desk.first))
        _ = desk.pass(seconds: 3)
        _ = desk.admit(desk.second, "b")
        _ = desk.admit(desk.first, "a")
        let key = TaskKey(round: 4, index: 0)
        let wanted = CoordinatorState.Event.wanted(key, lease: 1, from: desk.first)
        #expect(desk.state.handle(wanted) == [])
        _ = desk.say(Desk.offer(4, 0), from: desk.second)
        _ = desk.state.handle(.uploaded(key, from: desk.second, .valid))
        _ = desk.state.handle(.delivered(key))
        #expect(desk.state.rounds[4] == nil)
        #expect(
            desk.state.handle(wanted) == [.send(.abandon(Abandon(leases: [1])), to: desk.first)])
        // A stranger is told nothing.
        #expect(desk.state.handle(.wanted(key, lease: 1, from: desk.third)) == [])
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
        _ = desk.state.handle(.closed(round: 3))
        // The same promise again, which is not kept.
        #expect(desk.open(3, tasks: 2).leased == ["0→second"])
        _ = desk.state.handle(.closed(round: 3))
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
            Desk.offer(
                0, index,
                blocks: [.init(id: OperatorID("x"), kind: .parameters, count: 100 << 20)])
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
