internal import Tasks
internal import WireProtocol

extension CoordinatorState {
    /// Why nothing moves, in one sentence.
    package var waitingReason: String {
        pauseReason.map { "paused: \($0); go on with `voxelnas resume`; \(activity)" } ?? activity
    }

    private var activity: String {
        guard let ledger = rounds.oldest else {
            let state =
                lastFinished.map { "round \($0) is done; the search prepares the next one" }
                ?? "no round is open yet"
            return state + because
        }
        let start = "round \(ledger.number): \(ledger.foldedCount)/\(ledger.taskCount) in"
        let members = membership.all
        guard !members.isEmpty else { return "\(start), waiting for a worker to join\(because)" }
        for entry in ledger.entries {
            if case .receiving(let offer) = entry.stage {
                return "\(start), receiving index \(entry.task.key.index) from "
                    + "\(name(of: offer.peer)), \(seconds(since: offeredAt(offer))) s"
            }
        }
        for entry in ledger.disputed.sorted().map({ ledger.entries[$0] }) {
            let sound = entry.opinions.filter { $0.fault == nil }
            guard entry.leases.isEmpty, Set(sound.map(\.message.digest)).count > 1 else { continue }
            let names = sound.map(\.worker).joined(separator: " and ")
            return
                "\(start), \(names) disagree about index \(entry.task.key.index); a third worker "
                + "must decide, start one"
        }
        let computing = leases.all.filter { $0.key.round == ledger.number && $0.offeredAt == nil }
        if let oldest = computing.first {
            var sentence =
                "\(start), waiting for index \(oldest.key.index) on \(name(of: oldest.peer)), "
                + "\(seconds(since: oldest.issuedAt)) s"
            if let member = membership[oldest.peer] {
                let still = seconds(since: max(member.progressAt, oldest.issuedAt))
                if still >= 5 { sentence += ", no progress \(still) s" }
                if member.status == .suspect { sentence += ", worker silent" }
            }
            if ledger.pendingCount > 0 { sentence += "; \(ledger.pendingCount) not leased" }
            return sentence
        }
        if ledger.entries.contains(where: { !$0.offers.isEmpty }) {
            return "\(start), results wait for memory: \(ledger.bytesUnderWay >> 20) MiB are held"
        }
        if ledger.pendingCount > 0 {
            let counts = Dictionary(grouping: members, by: \.status).mapValues(\.count)
            let list = counts.map { "\($0.value) \($0.key.rawValue)" }.sorted()
            return "\(start), no worker takes tasks: \(list.joined(separator: ", "))\(because)"
        }
        return "\(start), the last results are being added up"
    }

    private var because: String { obstacle.map { "; \($0)" } ?? "" }

    private func name(of peer: PeerID) -> String {
        membership[peer]?.hello.workerName ?? peer.description
    }

    private func seconds(since start: Duration) -> Int { max(0, Int((now - start).inSeconds)) }

    private func offeredAt(_ offer: RoundLedger.Offer) -> Duration {
        leases[offer.lease]?.offeredAt ?? now
    }
}
