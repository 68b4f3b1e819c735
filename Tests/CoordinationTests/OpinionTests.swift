import Coordination
import Tasks
import Testing
import WireProtocol

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
        _ desk: inout Desk, _ peer: PeerID, _ index: Int = 0, round: UInt64 = 0,
        digest: UInt32 = 1, _ verdict: CoordinatorState.Verdict = .valid
    ) -> [CoordinatorState.Effect] {
        let offered = desk.say(Desk.offer(round, index, digest: digest), from: peer)
        let isReceived = offered.contains { if case .receive = $0 { true } else { false } }
        guard isReceived else { return offered }
        let key = TaskKey(round: round, index: index)
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

    @Test("quarantine outlasts a restart of the worker, and lasts longer each time")
    func quarantineLasts() {
        var desk = Desk()
        _ = desk.admit(desk.first, "a")
        _ = desk.admit(desk.second, "b")
        func fail(_ round: UInt64, on peer: PeerID) {
            _ = desk.open(round, tasks: 1)
            _ = give(&desk, peer, round: round, digest: 7, .faulty("nan"))
            #expect(quarantined(give(&desk, desk.second, round: round, digest: 1)) == [peer])
        }
        fail(0, on: desk.first)
        // The same machine with another nonce, and another one.
        let again = desk.say(.hello(Desk.hello("a")), from: desk.third, epoch: 0)
        #expect(again.rejects.map(\.code) == [.quarantined])
        #expect(again.rejects.map(\.retryMilliseconds) == [60_000])
        #expect(again.rejects.first?.text.contains("a is in quarantine for 60 s more") == true)
        #expect(desk.say(.hello(Desk.hello("c")), from: PeerID(bootNonce: 4), epoch: 0).count > 0)
        #expect(desk.state.membership[PeerID(bootNonce: 4)] != nil)
        func pass(_ seconds: Double) {
            for _ in 0..<Int(seconds) {
                _ = desk.pass(seconds: 1)
                _ = desk.say(.taskRequest(TaskRequest(slots: 1, prefetch: 0)), from: desk.second)
            }
        }
        pass(61)
        #expect(desk.admit(desk.third, "a").rejects.isEmpty)
        fail(1, on: desk.third)
        pass(61)
        let third = desk.say(.hello(Desk.hello("a")), from: PeerID(bootNonce: 5), epoch: 0)
        #expect(third.rejects.map(\.code) == [.quarantined])
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
