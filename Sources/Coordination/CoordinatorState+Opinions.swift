internal import Tasks
internal import WireProtocol

/// Whose result counts: audits, and results that are no good.
///
/// - An **audited** task needs two workers with the same bits; when they differ a third one decides,
///   and the one that is outvoted gets no more work.
/// - A result that is **not sound** (not finite, absurd) is computed again elsewhere. A sound one from
///   another worker then counts, and the first worker gets no more work; a second unsound one shows
///   that the data or the search are bad, not the machine: it is handed over, and the reader of the
///   round leaves the task out.
extension CoordinatorState {
    /// How many tasks of a suspect are audited before it is trusted again.
    private static let probation = 8

    /// Whether a task is audited: the same ones for the same run, whatever happens.
    func isAudited(_ key: TaskKey) -> Bool {
        guard settings.auditShare > 0 else { return false }
        var hash = settings.configurationHash.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        hash ^= key.round &* 0x9e37_79b9_7f4a_7c15 &+ UInt64(key.index) &* 0xbf58_476d_1ce4_e5b9
        hash = (hash ^ hash >> 30) &* 0xbf58_476d_1ce4_e5b9
        hash = (hash ^ hash >> 27) &* 0x94d0_49bb_1331_11eb
        return Double((hash ^ hash >> 31) >> 11) * 0x1p-53 < settings.auditShare
    }

    /// Takes a result that was received into account; its lease ends.
    mutating func take(_ offer: RoundLedger.Offer, fault: String?) {
        leases.remove(offer.lease)
        let opinion = RoundLedger.Opinion(
            peer: offer.peer,
            worker: membership[offer.peer]?.hello.workerName ?? offer.peer.description,
            message: offer.message, fault: fault, isHeld: true)
        rounds.update(offer.message.key) { entry in
            entry.stage = .open
            entry.leases.remove(offer.lease)
            // Its earlier result, of a worker that had to try again.
            entry.opinions.removeAll { $0.peer == offer.peer && $0.fault == nil }
            entry.opinions.append(opinion)
        }
    }

    /// Whether an offer only adds a vote: its worker voted before, or its bits are here already.
    mutating func isOpinion(
        _ message: GradOffer, from peer: PeerID, _ effects: inout [Effect]
    ) -> Bool {
        guard let entry = rounds[message.key], !entry.opinions.isEmpty else { return false }
        if entry.opinions.contains(where: { $0.peer == peer && $0.fault == nil }) {
            // The first answer was lost.
            let offer = RoundLedger.Offer(peer: peer, message: message, lease: 0)
            acknowledge(offer, .accepted, &effects)
            return true
        }
        guard
            entry.opinions.contains(where: {
                $0.fault == nil && $0.message.digest == message.digest
            })
        else { return false }
        let opinion = RoundLedger.Opinion(
            peer: peer, worker: membership[peer]?.hello.workerName ?? peer.description,
            message: message, fault: nil, isHeld: false)
        for lease in leases.leases(of: peer) where lease.key == message.key {
            leases.remove(lease.id)
            rounds.update(message.key) { $0.leases.remove(lease.id) }
        }
        rounds.update(message.key) { $0.opinions.append(opinion) }
        counts.duplicates += 1
        membership.update(peer) { $0.accepted += 1 }
        acknowledge(RoundLedger.Offer(peer: peer, message: message, lease: 0), .duplicate, &effects)
        decide(message.key, &effects)
        return true
    }

    /// Finds out whether a result counts now, or who must be asked.
    mutating func decide(_ key: TaskKey, _ effects: inout [Effect]) {
        guard let entry = rounds[key], entry.isUndecided else { return }
        let sound = entry.opinions.filter { $0.fault == nil }
        let faulty = entry.opinions.filter { $0.fault != nil }
        guard let first = sound.first else {
            if let last = faulty.last, faulty.count >= 2 {
                counts.poisoned += 1
                effects.append(.note(.poisoned(entry.task.key, last.fault ?? "")))
                return settle(key, last, outvoted: [], &effects)
            }
            rounds.update(key) { $0.required = max($0.required, $0.opinions.count + 1) }
            return
        }
        guard entry.isAudited else {
            return settle(key, first, outvoted: faulty, &effects)
        }
        let votes = Dictionary(grouping: sound, by: \.message.digest)
        if let (digest, agreeing) = votes.first(where: { $0.value.count >= 2 }) {
            counts.audited += 1
            for peer in agreeing.map(\.peer) { absolve(peer) }
            let outvoted = faulty + sound.filter { $0.message.digest != digest }
            let winner = agreeing.first { $0.isHeld } ?? agreeing[0]
            return settle(key, winner, outvoted: outvoted, &effects)
        }
        if votes.count >= 3 {
            let attempts = sound.map {
                "\($0.worker): result \(String($0.message.digest, radix: 16))"
            }
            effects.append(.failed(TaskFailureError(key: entry.task.key, attempts: attempts)))
            return
        }
        if votes.count == 2, let second = sound.last {
            counts.mismatches += 1
            effects.append(.note(.mismatch(entry.task.key, second.peer)))
        }
        rounds.update(key) {
            $0.required = max($0.required, faulty.count + votes.count + 1)
        }
    }

    /// Makes a result the one that counts.
    private mutating func settle(
        _ key: TaskKey, _ winner: RoundLedger.Opinion, outvoted: [RoundLedger.Opinion],
        _ effects: inout [Effect]
    ) {
        guard let entry = rounds[key] else { return }
        var late = entry.offers
        if case .receiving(let offer) = entry.stage {
            effects.append(.stopReceiving(key, from: offer.peer))
            late.append(offer)
        }
        rounds.update(key) {
            $0.stage = .verified(winner.message)
            $0.winner = winner.peer
            $0.opinions = []
            $0.offers = []
        }
        effects.append(.deliver(key, from: winner.peer))
        for offer in late {
            answerLate(offer.message, from: offer.peer, digest: winner.message.digest, &effects)
        }
        let rest = rounds[key]?.leases ?? []
        abandon(rest.sorted(), &effects)
        rounds.update(key) { $0.leases = [] }
        for loser in outvoted where loser.peer != winner.peer {
            let what = loser.fault ?? "other bits than two other workers"
            quarantine(
                loser.peer, "task \(key): \(what); another worker's result is sound",
                hint: "check this machine's memory and processor, and that its voxelnas is the "
                    + "coordinator's", &effects)
        }
    }

    /// Counts an audited task only on one worker's word where nobody else can be asked.
    mutating func waiveAudits(_ effects: inout [Effect]) {
        for key in rounds.disputed {
            guard let entry = rounds[key], entry.isUndecided, entry.leases.isEmpty,
                entry.offers.isEmpty
            else { continue }
            let sound = entry.opinions.filter { $0.fault == nil }
            guard let only = sound.first, sound.count == 1 else { continue }
            let asked = entry.peers.union(entry.troubles.map(\.peer))
            let canBeAsked = membership.all.contains { member in
                !asked.contains(member.peer)
                    && member.status != .quarantined && member.status != .draining
            }
            guard !canBeAsked else { continue }
            counts.auditsWaived += 1
            let faulty = entry.opinions.filter { $0.fault != nil }
            settle(key, only, outvoted: faulty, &effects)
        }
    }

    /// Has the next tasks of two workers audited whose bits differed after one was counted.
    mutating func suspect(_ peers: PeerID?...) {
        for case let peer? in peers where membership[peer] != nil {
            suspects[peer] = Self.probation
        }
    }

    private mutating func absolve(_ peer: PeerID) {
        guard let rest = suspects[peer] else { return }
        suspects[peer] = rest > 1 ? rest - 1 : nil
    }

    /// Forgets what a worker in quarantine has contributed to tasks that are not decided.
    mutating func distrust(_ peer: PeerID, _ effects: inout [Effect]) {
        for key in rounds.disputed {
            guard let entry = rounds[key],
                entry.opinions.contains(where: { $0.peer == peer })
            else { continue }
            // Votes without bytes lean on bytes that may have been this worker's: ask all again.
            for opinion in entry.opinions {
                effects.append(.stopReceiving(key, from: opinion.peer))
            }
            rounds.update(key) {
                $0.opinions = []
                $0.required = $0.isAudited ? 2 : 1
            }
        }
    }
}
