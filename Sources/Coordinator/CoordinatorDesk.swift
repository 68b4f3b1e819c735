internal import Coordination
internal import FailPoints
internal import Foundation
internal import Synchronization
internal import Tasks
internal import Tensors
internal import Transport
internal import WireProtocol

/// A round whose results somebody waits for.
private struct OpenRound {
    let round: Round
    let sink: AsyncThrowingStream<TaskResult, any Error>.Continuation
    /// What each task reads and which network it runs, by index.
    let expected: [TaskRequirements]
    /// Since the coordinator's start.
    let openedAt: Duration
}

/// What the coordinator's thread has and does.
final class CoordinatorDesk {
    private let ports: ServerPorts
    private let channel: any ServerChannel
    private let note: @Sendable (CoordinatorNote) -> Void
    private let administration: Administration
    private let shards: ShardDesk?
    private let start = ContinuousClock.now

    private var state: CoordinatorState
    private var parameters = ParameterDesk()
    private var results = ResultDesk()
    private var transfers: UInt64 = 0
    private var rounds: [UInt64: OpenRound] = [:]
    /// Results that are here, by task and worker, until one of them counts.
    private var judged: [TaskKey: [PeerID: TaskResult]] = [:]
    private var traffic = Traffic()
    private var roundEndedAt: Duration?
    private var tickedAt: Duration?
    private var leaving: (deadline: Duration, done: CheckedContinuation<Void, Never>)?
    private var isRunning = true
    private var effects: ArraySlice<CoordinatorState.Effect> = []
    private var isPerforming = false

    private static let tick = Duration.milliseconds(100)

    init(
        settings: CoordinatorSettings, ports: ServerPorts, channel: any ServerChannel,
        administration: Administration, note: @escaping @Sendable (CoordinatorNote) -> Void
    ) {
        state = CoordinatorState(settings: settings)
        self.ports = ports
        self.channel = channel
        self.administration = administration
        self.note = note
        shards = administration.shards.map { ShardDesk($0, channel: channel) }
    }

    /// The life of the thread.
    func run(_ inbox: Inbox<CoordinatorInput>) {
        while isRunning {
            let inputs = inbox.take(within: Self.tick)
            let now = ContinuousClock.now - start
            if tickedAt.map({ now - $0 >= Self.tick / 4 }) ?? true {
                tickedAt = now
                handle(.tick(now: now))
            }
            for input in inputs where isRunning {
                take(input)
                for urgent in inbox.takeUrgent() where isRunning { take(urgent) }
            }
            if let leaving, now >= leaving.deadline || state.membership.count == 0 {
                stop(.stopped)
            }
        }
        // Nobody waits for ever: what came too late is answered too.
        for input in inbox.take(within: .zero) { answerLate(input) }
    }

    private func take(_ input: CoordinatorInput) {
        switch input {
        case .network(.received(let received, let peer, .control)):
            traffic.control(from: peer)
            if case .gradOffer = received.message { FailPoint.offerReceived.pass() }
            handle(.received(received, from: peer))
        case .network(.received(let received, let peer, let lane))
        where lane == .admin || lane == .remoteAdmin:
            administer(received.message, from: peer, lane: lane)
        case .network(.received(let received, let peer, .data)): takeData(received, from: peer)
        case .network(.received): traffic.malformed += 1
        case .network(.malformed(let error, let peer, let lane)):
            traffic.malformed += 1
            if case .unsupportedVersion = error, lane == .control {
                let text = "\(error)"
                send(
                    .reject(Reject(code: .version, retryMilliseconds: nil, text: text)), to: peer)
            }
        case .network(.disconnected(let peer)): handle(.disconnected(peer))
        case .network(.dismissed(let peer, let reason)):
            handle(.dismissed(peer, reason: reason))
        case .network(.refused(let refused)):
            traffic.refused += refused.count
            note(
                .refused(
                    kind: refused.kind, text: refused.text, hint: refused.hint,
                    count: refused.count))
        case .network(.failed(let text)): stop(.network(text))
        case .open(let round, let expectation, let sink): open(round, expectation, sink)
        case .delivered(let key):
            traffic.folded(key)
            handle(.delivered(key))
        case .close(let number):
            guard rounds[number] != nil else { return }
            end(number, throwing: CancellationError())
            handle(.closed(round: number))
        case .status(let continuation): continuation.resume(returning: status())
        case .drain(let reason, let limit, let done):
            guard leaving == nil else { return done.resume() }
            leaving = (state.now + limit, done)
            handle(.drained(reason: reason))
        case .stop: stop(.stopped)
        }
    }

    private func answerLate(_ input: CoordinatorInput) {
        switch input {
        case .open(_, _, let sink): sink.finish(throwing: CoordinatorError.stopped)
        case .status(let continuation): continuation.resume(throwing: CoordinatorError.stopped)
        case .drain(_, _, let done): done.resume()
        case .network, .delivered, .close, .stop: break
        }
    }

    private func stop(_ reason: CoordinatorError) {
        isRunning = false
        endAll(throwing: reason)
        leaving?.done.resume()
        leaving = nil
        channel.close()
    }

    // MARK: Rounds

    private func open(
        _ round: Round, _ expectation: RoundExpectation,
        _ sink: AsyncThrowingStream<TaskResult, any Error>.Continuation
    ) {
        guard rounds[round.number] == nil else {
            return sink.finish(throwing: CoordinatorError.roundOpen(round.number))
        }
        let now = ContinuousClock.now - start
        let pause = rounds.isEmpty ? roundEndedAt.map { now - $0 } : nil
        rounds[round.number] = OpenRound(
            round: round, sink: sink, expected: expectation.requirements, openedAt: now)
        FailPoint.roundOpened.pass()
        traffic.opened(after: pause ?? .zero)
        handle(
            .opened(
                number: round.number, tasks: round.tasks, inputs: expectation.inputs,
                alpha: round.alpha))
    }

    private func end(_ number: UInt64, throwing error: (any Error)?) {
        rounds.removeValue(forKey: number)?.sink.finish(throwing: error)
        judged = judged.filter { $0.key.round != number }
        parameters.forget(round: number)
        results.forget(round: number)
    }

    private func endAll(throwing error: any Error) {
        for number in rounds.keys.sorted() { end(number, throwing: error) }
    }

    // MARK: Decisions

    private func handle(_ event: CoordinatorState.Event) {
        effects.append(contentsOf: state.handle(event))
        guard !isPerforming else { return }  // The outer call gets to them, in order.
        isPerforming = true
        defer { isPerforming = false }
        while let effect = effects.popFirst() { perform(effect) }
    }

    private func perform(_ effect: CoordinatorState.Effect) {
        switch effect {
        case .send(let message, let peer): send(message, to: peer)
        case .receive(let offer, let peer): receive(offer, from: peer)
        case .stopReceiving(let key, let peer):
            results.stop(key, from: peer)
            judged[key]?[peer] = nil
        case .deliver(let key, let peer):
            guard let result = judged.removeValue(forKey: key)?[peer] else { return }
            traffic.delivered(key)
            rounds[key.round]?.sink.yield(result)
        case .finished(let number):
            FailPoint.roundFinished.pass()
            roundEndedAt = ContinuousClock.now - start
            if let openedAt = rounds[number]?.openedAt {
                traffic.split.roundSeconds = (ContinuousClock.now - start - openedAt).inSeconds
            }
            end(number, throwing: nil)
        case .failed(let error):
            guard rounds[error.key.round] != nil else { return }
            end(error.key.round, throwing: error)
            handle(.closed(round: error.key.round))
        case .forget(let peer):
            parameters.forget(peer)
            results.forget(peer)
            traffic.forget(peer)
        case .note(let note): self.note(note)
        }
    }

    private func receive(_ offer: GradOffer, from peer: PeerID) {
        guard let open = rounds[offer.key.round],
            open.round.tasks.indices.contains(offer.key.index)
        else { return }
        let needs = open.expected[offer.key.index]
        let objection = offer.objection(
            against: needs, samples: open.round.tasks[offer.key.index].batch.scans.count,
            parameters: open.round.parameters)
        if let objection {
            return handle(.uploaded(offer.key, from: peer, .refused(objection)))
        }
        transfers += 1
        let (want, complete) = results.receive(
            offer, as: open.round.tasks[offer.key.index].exchange, from: peer,
            transfer: transfers, window: state.settings.windowBytes)
        if let want { send(.gradWant(want), to: peer) }
        if let complete { judge(complete) }
    }

    private func judge(_ complete: ResultDesk.Complete) {
        let key = complete.offer.key
        let result = complete.result
        guard result.digest == complete.offer.digest else {
            let text = "task \(key): the result's bytes are not those that were announced"
            return handle(.uploaded(key, from: complete.peer, .refused(text)))
        }
        judged[key, default: [:]][complete.peer] = result
        traffic.record(complete.offer, pushedIn: pushSeconds(complete))
        FailPoint.resultJudged.pass()
        let fault = result.fault
        handle(
            .uploaded(
                key, from: complete.peer, fault.map { .faulty("task \(key): \($0)") } ?? .valid))
    }

    private func pushSeconds(_ complete: ResultDesk.Complete) -> Double {
        let lease = state.leases.leases(of: complete.peer).first { $0.key == complete.offer.key }
        let now = ContinuousClock.now - start
        return lease?.offeredAt.map { (now - $0).inSeconds } ?? 0
    }

    // MARK: Data

    private func takeData(_ received: ReceivedMessage, from peer: PeerID) {
        // Files of the run are named by their content, so that no incarnation matters.
        if shards?.take(received.message, from: peer) == true {
            if state.membership[peer] != nil { handle(.heard(peer)) }
            return
        }
        guard received.epoch == state.settings.epoch, state.membership[peer] != nil else { return }
        switch received.message {
        case .paramsWant(let want):
            handle(.wanted(want.key, lease: want.lease, from: peer))
            guard let round = rounds[want.key.round]?.round,
                round.tasks.indices.contains(want.key.index)
            else { return }
            transfers += 1
            for message in parameters.plan(want, from: peer, round: round, transfer: transfers) {
                send(message, to: peer, lane: .data)
            }
        case .chunkGet(let get):
            handle(.heard(peer))
            for message in parameters.chunks(get, for: peer) {
                send(message, to: peer, lane: .data)
            }
        case .probe(let probe):
            handle(.heard(peer))
            let payload = Payload.bytes([UInt8](repeating: 0, count: probe.replyBytes))
            let reply = Probe(sequence: probe.sequence, payload: payload)
            send(.probe(reply), to: peer, lane: .data)
        case .chunk(let chunk):
            traffic.data(from: peer, bytes: chunk.payload.count)
            let (get, complete) = results.accept(chunk, from: peer)
            if let get {
                handle(.heard(peer))
                send(.chunkGet(get), to: peer, lane: .data)
            }
            if let complete { judge(complete) }
        default: traffic.malformed += 1
        }
    }

    private func send(_ message: Message, to peer: PeerID, lane: Lane = .control) {
        do {
            if case .chunk(let chunk) = message {
                traffic.data(to: peer, bytes: chunk.payload.count)
            }
            try channel.send(message, epoch: state.settings.epoch, to: peer, lane: lane)
            switch message {
            case .welcome: FailPoint.helloAccepted.pass()
            case .lease: FailPoint.leaseIssued.pass()
            case .chunk: FailPoint.parametersSent.pass()
            case .gradWant: FailPoint.pushBegun.pass()
            default: break
            }
        } catch {
            // A task or a configuration that does not fit the protocol's limits.
            for number in rounds.keys.sorted() {
                end(number, throwing: error)
                handle(.closed(round: number))
            }
        }
    }

    // MARK: Status

    private func status() -> CoordinatorStatus {
        CoordinatorStatus(
            state, ports: ports, uptime: ContinuousClock.now - start, traffic: traffic)
    }

    private func administer(_ message: Message, from peer: PeerID, lane: Lane) {
        switch message {
        case .statusQuery(let query):
            send(.statusReply(answer(query)), to: peer, lane: lane)
        case .adminCommand(let command):
            let plan = AdminPlan(command, state: state)
            if let request = plan.request, let refusal = administration.perform(request) {
                return finish(command, isDone: false, refusal, to: peer, lane: lane)
            }
            for (peer, reason) in plan.barred {
                let reject = Reject(code: .evicted, retryMilliseconds: nil, text: reason)
                send(.reject(reject), to: peer)
                channel.bar(peer, reason: reason)
            }
            plan.events.forEach(handle)
            finish(command, isDone: plan.isPossible, plan.text, to: peer, lane: lane)
        default: traffic.malformed += 1
        }
    }

    private func finish(
        _ command: AdminCommand, isDone: Bool, _ text: String, to peer: PeerID, lane: Lane
    ) {
        let name = command.action.rawValue
        note(.commanded(name, text))
        let reply = AdminReply(command: name, isDone: isDone, text: text)
        send(.adminReply(reply), to: peer, lane: lane)
    }

    private func answer(_ query: StatusQuery) -> StatusReply {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        if let text = administration.answer(query.what) {
            return StatusReply(what: query.what, text: text)
        }
        var status = status()
        if query.what == "tasks" { status.tasks = state.tasks(atMost: 1000) }
        var json = (try? encoder.encode(status)) ?? Data()
        if json.count > WireLimits.chunkBytes {
            // A thousand workers: the totals still fit.
            status.workers = Array(status.workers.prefix(100))
            status.tasks = status.tasks.map { Array($0.prefix(100)) }
            json = (try? encoder.encode(status)) ?? Data()
        }
        return StatusReply(what: query.what, text: String(decoding: json, as: UTF8.self))
    }
}
