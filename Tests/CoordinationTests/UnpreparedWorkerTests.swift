import Coordination
import Testing
import WireProtocol

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
