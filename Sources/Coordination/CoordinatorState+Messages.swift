internal import Tasks
internal import WireProtocol

extension CoordinatorState {
    mutating func receive(
        _ received: ReceivedMessage, from peer: PeerID, _ effects: inout [Effect]
    ) {
        if case .hello(let hello) = received.message {
            return greet(hello, from: peer, &effects)
        }
        guard let member = membership[peer] else {
            return refuse(
                peer, .unknownSession, retry: 0, "the coordinator does not know this worker",
                &effects)
        }
        guard received.epoch == settings.epoch else {
            return refuse(
                peer, .staleEpoch, retry: 0,
                "message of epoch \(received.epoch); this is epoch \(settings.epoch)", &effects)
        }
        revive(peer)
        guard member.status != .quarantined else { return }
        switch received.message {
        case .taskRequest(let request):
            if request.slots > 0 { obstacle = nil }
            membership.update(peer) {
                $0.slots = request.slots
                $0.prefetch = request.prefetch
                if $0.status == .preparing, request.slots > 0 { $0.status = .active }
            }
        case .heartbeat(let heartbeat): hear(heartbeat, from: peer, &effects)
        case .gradOffer(let offer): consider(offer, from: peer, &effects)
        case .taskFailure(let failure):
            guard let lease = leases[failure.lease], lease.peer == peer else {
                return withdraw(failure.key, from: peer, because: failure.text, &effects)
            }
            leases.remove(lease.id)
            blame(peer, lease: lease.id, for: lease.key, failure.text, &effects)
        case .drain(let drain):
            membership.update(peer) { $0.status = .draining }
            for id in drain.leases where leases[id]?.peer == peer {
                lose(id, because: "returned", &effects)
            }
        case .goodbye(let goodbye):
            if goodbye.isUnprepared {
                let name = member.hello.workerName
                obstacle = "worker \(name) cannot take part: \(goodbye.reason)"
                effects.append(.note(.unprepared(peer, name, goodbye.reason)))
            }
            lose(peer, because: "goodbye: \(goodbye.reason)", &effects)
        default:
            refuse(
                peer, .malformed, retry: nil,
                "\(received.message.type) does not go from worker to coordinator", &effects)
        }
    }

    private mutating func refuse(
        _ peer: PeerID, _ code: Reject.Code, retry: Int?, _ text: String, hint: String = "",
        _ effects: inout [Effect]
    ) {
        counts.rejected += 1
        let reject = Reject(code: code, retryMilliseconds: retry, text: text, hint: hint)
        effects.append(.send(.reject(reject), to: peer))
    }

    private mutating func greet(_ hello: Hello, from peer: PeerID, _ effects: inout [Effect]) {
        let mine = ProtocolVersion.current
        guard
            (hello.protocolMinimum...max(hello.protocolMinimum, hello.protocolMaximum))
                .contains(mine.number)
        else {
            return refuse(
                peer, .version, retry: nil,
                "worker speaks protocol \(hello.protocolMinimum)...\(hello.protocolMaximum), "
                    + "coordinator \(mine.number)",
                hint: "install the coordinator's version of voxelnas on the worker", &effects)
        }
        if let wanted = settings.numericsFingerprint, wanted != hello.numericsFingerprint {
            let text = "worker computes as '\(hello.numericsFingerprint)', the run as '\(wanted)'"
            obstacle = "worker \(hello.workerName) was refused: \(text)"
            return refuse(
                peer, .numerics, retry: nil, text,
                hint: "use the same build on a processor of the same kind", &effects)
        }
        if let term = quarantines.term(of: hello.workerName, at: now) {
            let left = term.end - now
            let text =
                "worker \(hello.workerName) is in quarantine for \(Int(left.inSeconds)) s more: "
                + term.reason
            obstacle = text
            return refuse(
                peer, .quarantined, retry: left.inMilliseconds, text,
                hint: "look at the machine before it is started again", &effects)
        }
        guard !isDraining else {
            return refuse(
                peer, .closed, retry: nil, "the coordinator takes no more workers", &effects)
        }
        sessions += 1
        let isNew = membership[peer] == nil
        membership.admit(hello, from: peer, session: sessions, at: now)
        effects.append(.send(.welcome(settings.welcome(session: sessions)), to: peer))
        reserve(hello.held, for: peer)
        if isNew { effects.append(.note(.workerJoined(peer, hello.workerName))) }
    }

    private mutating func hear(
        _ heartbeat: Heartbeat, from peer: PeerID, _ effects: inout [Effect]
    ) {
        let now = now
        if membership[peer]?.progress != heartbeat.progress {
            leases.renew(peer, at: now)
            membership.update(peer) {
                $0.progress = heartbeat.progress
                $0.progressAt = now
            }
        }
        membership.update(peer) { $0.residentBytes = heartbeat.residentBytes }
        let listed = Set(heartbeat.leases)
        for lease in leases.leases(of: peer)
        where lease.offeredAt == nil && !listed.contains(lease.id)
            && now - lease.issuedAt >= settings.timers.leaseUnlisted
        {
            lose(lease.id, because: "worker does not know of it", &effects)
        }
        let ack = HeartbeatAck(
            sequence: heartbeat.sequence, round: rounds.oldest?.number ?? lastFinished ?? 0,
            isPaused: pauseReason != nil)
        effects.append(.send(.heartbeatAck(ack), to: peer))
    }

    // MARK: Results

    /// Counts on the results that a worker says it holds, where they belong to an open round.
    ///
    /// Such a task is leased to nobody else for the moment. A worker that does not offer the result
    /// soon loses the reservation as it loses a lease that it does not know of.
    mutating func reserve(_ held: [HeldResult], for peer: PeerID) {
        guard membership[peer]?.status != .quarantined else { return }
        for result in held {
            guard let entry = rounds[result.key], entry.isPending, entry.inputs == result.inputs,
                !entry.peers.contains(peer),
                !entry.leases.contains(where: { leases[$0]?.peer == peer })
            else { continue }
            let lease = leases.issue(
                result.key, to: peer, at: now, timeToLive: settings.timers.leaseMinimum,
                isReserved: true)
            rounds.update(result.key) { $0.leases.insert(lease.id) }
        }
    }

    /// Refuses a result that was computed from something else than the open task reads: one that is
    /// older than a restart, or one of a worker that is not sound.
    mutating func turnAway(
        _ message: GradOffer, from peer: PeerID, _ effects: inout [Effect]
    ) {
        guard let entry = rounds[message.key] else { return }
        counts.foreign += 1
        effects.append(.note(.otherInputs(message.key, peer)))
        let text =
            "task \(message.key) reads inputs \(entry.inputs), the result was computed from "
            + "\(message.inputs)"
        let offer = RoundLedger.Offer(peer: peer, message: message, lease: 0)
        acknowledge(offer, .refused, text: text, &effects)
        guard let lease = leases[message.lease], lease.peer == peer, lease.key == message.key
        else { return }
        leases.remove(lease.id)
        blame(peer, lease: lease.id, for: message.key, text, &effects)
    }

    private mutating func consider(
        _ message: GradOffer, from peer: PeerID, _ effects: inout [Effect]
    ) {
        guard let entry = rounds[message.key] else {
            return considerElsewhere(message, from: peer, &effects)
        }
        guard entry.inputs == message.inputs else {
            return turnAway(message, from: peer, &effects)
        }
        switch entry.stage {
        case .folded(let digest):
            answerLate(message, from: peer, digest: digest, &effects)
        case .verified(let first):
            answerLate(message, from: peer, digest: first.digest, &effects)
        case .receiving(let offer) where offer.peer == peer:
            // Its connection was renewed, or the answer was lost: go on from where it was.
            effects.append(.receive(offer.message, from: peer))
        case .receiving, .open:
            guard !entry.offers.contains(where: { $0.peer == peer }) else { return }
            if isOpinion(message, from: peer, &effects) { return }
            let lease = hold(message, from: peer)
            let offer = RoundLedger.Offer(peer: peer, message: message, lease: lease)
            rounds.update(message.key) { $0.offers.append(offer) }
        }
    }

    /// Marks the lease as offered; a result without one, from before a restart, gets one, so that
    /// its transfer has a time limit too.
    private mutating func hold(_ message: GradOffer, from peer: PeerID) -> UInt64 {
        let mine = leases.leases(of: peer).first { $0.key == message.key }
        let id: UInt64
        if let mine {
            id = mine.id
            if mine.offeredAt == nil, !mine.isReserved, let kind = rounds[message.key]?.task.kind {
                timings.record(now - mine.issuedAt, for: kind)
            }
        } else {
            id =
                leases.issue(
                    message.key, to: peer, at: now, timeToLive: settings.timers.leaseMinimum
                ).id
            rounds.update(message.key) { $0.leases.insert(id) }
        }
        leases.offer(id, at: now)
        return id
    }

    private mutating func considerElsewhere(
        _ message: GradOffer, from peer: PeerID, _ effects: inout [Effect]
    ) {
        let offer = RoundLedger.Offer(peer: peer, message: message, lease: 0)
        if let lastOpened, message.key.round <= lastOpened {
            counts.stale += 1
            return acknowledge(offer, .stale, &effects)
        }
        guard early.count < Self.earlyLimit,
            early[message.key]?.contains(where: { $0.peer == peer }) != true
        else { return }
        early[message.key, default: []].append(offer)
    }

    mutating func answerLate(
        _ message: GradOffer, from peer: PeerID, digest: UInt32, _ effects: inout [Effect]
    ) {
        for lease in leases.leases(of: peer) where lease.key == message.key {
            leases.remove(lease.id)
            rounds.update(lease.key) { $0.leases.remove(lease.id) }
        }
        let offer = RoundLedger.Offer(peer: peer, message: message, lease: 0)
        if message.digest == digest {
            counts.duplicates += 1
            acknowledge(offer, .duplicate, &effects)
        } else {
            counts.mismatches += 1
            effects.append(.note(.mismatch(message.key, peer)))
            suspect(peer, rounds[message.key]?.winner)
            acknowledge(offer, .mismatch, &effects)
        }
    }

    /// Gives up on a result that its worker does not have any more.
    private mutating func withdraw(
        _ key: TaskKey, from peer: PeerID, because reason: String, _ effects: inout [Effect]
    ) {
        early[key]?.removeAll { $0.peer == peer }
        guard case .receiving(let offer) = rounds[key]?.stage, offer.peer == peer else { return }
        lose(offer.lease, because: reason, &effects)
    }

    func acknowledge(
        _ offer: RoundLedger.Offer, _ code: GradAck.Code, text: String = "",
        _ effects: inout [Effect]
    ) {
        let ack = GradAck(
            key: offer.message.key, code: code, isDurable: code != .accepted, text: text)
        effects.append(.send(.gradAck(ack), to: offer.peer))
    }

    /// Starts to fetch results as far as memory allows.
    mutating func startReceiving(_ effects: inout [Effect]) {
        for key in rounds.offered {
            guard let entry = rounds[key], entry.stage == .open, let offer = entry.offers.first
            else { continue }
            let held = rounds.bytesUnderWay
            let isVote = !entry.opinions.isEmpty
            guard isVote || held == 0 || held + offer.message.blockBytes <= settings.inboundBytes
            else {
                return
            }
            rounds.update(key) {
                $0.offers.removeFirst()
                $0.stage = .receiving(offer)
            }
            if leases[offer.lease] == nil {
                let lease = hold(offer.message, from: offer.peer)
                let held = RoundLedger.Offer(
                    peer: offer.peer, message: offer.message, lease: lease)
                rounds.update(key) { $0.stage = .receiving(held) }
            }
            effects.append(.receive(offer.message, from: offer.peer))
        }
    }

    mutating func judge(
        _ key: TaskKey, from peer: PeerID, _ verdict: Verdict, _ effects: inout [Effect]
    ) {
        guard case .receiving(let offer) = rounds[key]?.stage, offer.peer == peer else { return }
        switch verdict {
        case .valid:
            if leases[offer.lease]?.isSpeculative == true { counts.speculationsWon += 1 }
            take(offer, fault: nil)
            membership.update(peer) { $0.accepted += 1 }
            acknowledge(offer, .accepted, &effects)
            decide(key, &effects)
        case .faulty(let text):
            counts.failures += 1
            take(offer, fault: text)
            acknowledge(offer, .refused, text: text, &effects)
            effects.append(.note(.attemptFailed(key, peer, text)))
            decide(key, &effects)
        case .refused(let text):
            acknowledge(offer, .refused, text: text, &effects)
            leases.remove(offer.lease)
            blame(peer, lease: offer.lease, for: key, text, &effects)
            quarantine(peer, text, &effects)
        }
    }

    /// Notes a failed attempt; the second one fails the round.
    private mutating func blame(
        _ peer: PeerID, lease: UInt64, for key: TaskKey, _ text: String, _ effects: inout [Effect]
    ) {
        guard rounds.contains(key) else { return }
        counts.failures += 1
        let name = membership[peer]?.hello.workerName ?? peer.description
        rounds.update(key) { entry in
            entry.leases.remove(lease)
            entry.offers.removeAll { $0.peer == peer }
            if case .receiving(let offer) = entry.stage, offer.peer == peer { entry.stage = .open }
            entry.troubles.append(RoundLedger.Trouble(peer: peer, worker: name, text: text))
        }
        effects.append(.note(.attemptFailed(key, peer, text)))
        guard let troubles = rounds[key]?.troubles, troubles.count >= 2 else { return }
        effects.append(
            .failed(
                TaskFailureError(key: key, attempts: troubles.map { "\($0.worker): \($0.text)" })))
    }

    mutating func quarantine(
        _ peer: PeerID, _ text: String,
        hint: String = "install the coordinator's version of voxelnas on the worker",
        _ effects: inout [Effect]
    ) {
        guard membership[peer]?.status != .quarantined else { return }
        counts.quarantined += 1
        suspects[peer] = nil
        for lease in leases.leases(of: peer) {
            lose(lease.id, because: "worker in quarantine", &effects)
        }
        membership.update(peer) { $0.status = .quarantined }
        if let name = membership[peer]?.hello.workerName {
            quarantines.add(name, because: text, at: now)
        }
        effects.append(.note(.quarantined(peer, text)))
        refuse(peer, .quarantined, retry: nil, text, hint: hint, &effects)
        distrust(peer, &effects)
    }
}
