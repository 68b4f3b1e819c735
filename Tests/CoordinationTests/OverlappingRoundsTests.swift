import Coordination
import Tasks
import Tensors
import Testing
import WireProtocol

@Suite("Rounds that overlap")
struct OverlappingRoundsTests {
    private func key(_ round: UInt64, _ index: Int) -> TaskKey {
        TaskKey(round: round, index: index)
    }

    /// Has a worker offer a result, the coordinator take it, and its reader finish.
    private func finish(
        _ desk: inout Desk, _ round: UInt64, _ index: Int, from peer: PeerID
    ) -> [CoordinatorState.Effect] {
        _ = desk.say(Desk.offer(round, index), from: peer)
        _ = desk.state.handle(.uploaded(key(round, index), from: peer, .valid))
        return desk.state.handle(.delivered(key(round, index)))
    }

    @Test("have their tasks leased oldest round first, whatever order they were opened in")
    func order() {
        var desk = Desk()
        _ = desk.admit(desk.first, "a", prefetch: 2)
        _ = desk.open(7, tasks: 2)
        _ = desk.open(5, tasks: 2)
        // One was leased before the older round was there, and one was fetched early.
        let held = desk.state.leases.leases(of: desk.first).map(\.key)
        #expect(held == [key(7, 0), key(7, 1), key(5, 0)])
        #expect(desk.admit(desk.second, "b").leased == ["1→second"])
        #expect(desk.state.leases.leases(of: desk.second).map(\.key) == [key(5, 1)])
        #expect(desk.state.rounds.oldest?.number == 5)
        #expect(desk.state.contradictions == [])
    }

    @Test("end one by one, and keep the leases of the others")
    func endings() {
        var desk = Desk()
        _ = desk.admit(desk.first, "a")
        _ = desk.admit(desk.second, "b")
        _ = desk.open(2, tasks: 1)
        _ = desk.open(3, tasks: 1)
        // The newer one is done first.
        let first = finish(&desk, 3, 0, from: desk.second)
        #expect(first.contains(.finished(round: 3)))
        #expect(desk.state.leases.leases(of: desk.first).map(\.key) == [key(2, 0)])
        #expect(desk.say(Desk.offer(3, 0), from: desk.first).acks == [.stale])
        #expect(desk.say(Desk.offer(4, 0), from: desk.first).acks == [])
        let second = finish(&desk, 2, 0, from: desk.first)
        #expect(second.contains(.finished(round: 2)))
        #expect(desk.state.rounds.isEmpty)
        #expect(desk.state.contradictions == [])
    }

    @Test("fail one by one")
    func failure() {
        var desk = Desk()
        _ = desk.admit(desk.first, "a", prefetch: 1)
        _ = desk.open(2, tasks: 1)
        _ = desk.open(3, tasks: 1)
        let closed = desk.state.handle(.closed(round: 2))
        let abandons = closed.contains {
            if case .send(.abandon(let abandon), desk.first) = $0 {
                abandon.leases.count == 1
            } else {
                false
            }
        }
        #expect(abandons)
        #expect(desk.state.leases.leases(of: desk.first).map(\.key) == [key(3, 0)])
        #expect(desk.state.rounds.oldest?.number == 3)
    }

    @Test("share one limit on results in memory")
    func memory() {
        var desk = Desk()
        _ = desk.admit(desk.first, "a")
        _ = desk.admit(desk.second, "b")
        _ = desk.open(2, tasks: 1)
        _ = desk.open(3, tasks: 1)
        let half = desk.state.settings.inboundBytes / 8 + 1
        func large(_ round: UInt64) -> Message {
            Desk.offer(
                round, 0, blocks: [.init(id: OperatorID("x"), kind: .parameters, count: half)])
        }
        let first = desk.say(large(2), from: desk.first)
        let second = desk.say(large(3), from: desk.second)
        func receives(_ effects: [CoordinatorState.Effect]) -> Bool {
            effects.contains { if case .receive = $0 { true } else { false } }
        }
        #expect(receives(first))
        #expect(!receives(second))
    }
}
