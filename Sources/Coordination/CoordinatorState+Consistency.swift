package import Tasks
package import WireProtocol

extension CoordinatorState {
    /// The digest of the result that a worker is sending, for tests.
    package func offeredDigest(of key: TaskKey, from peer: PeerID) -> UInt32? {
        guard case .receiving(let offer) = rounds[key]?.stage, offer.peer == peer else {
            return nil
        }
        return offer.message.digest
    }

    /// Whether a task is audited from its start, for tests.
    package func audits(_ key: TaskKey) -> Bool { isAudited(key) }

    /// What contradicts itself in the state, for tests; empty unless there is a bug.
    package var contradictions: [String] {
        var found: [String] = []
        for lease in leases.all {
            if membership[lease.peer] == nil { found.append("lease \(lease.id) of nobody") }
            guard let entry = rounds[lease.key] else {
                found.append("lease \(lease.id) on \(lease.key), which is not open")
                continue
            }
            if !entry.leases.contains(lease.id) {
                found.append("lease \(lease.id) is not in the ledger")
            }
        }
        for member in membership.all {
            let count = leases.leases(of: member.peer).count { $0.offeredAt == nil }
            if leases.load(of: member.peer) != count {
                found.append("\(member.peer) has \(count) leases to compute and another load")
            }
            if membership[member.peer] != member {
                found.append("\(member.peer) is not where it is looked for")
            }
        }
        for member in membership.all
        where leases.load(of: member.peer) > 0 && member.status == .quarantined {
            found.append("\(member.peer) works in quarantine")
        }
        return found + rounds.all.flatMap(contradictions)
    }

    private func contradictions(in ledger: RoundLedger) -> [String] {
        var found: [String] = []
        var bytes = 0
        for (index, entry) in ledger.entries.enumerated() {
            for id in entry.leases where leases[id]?.key != entry.task.key {
                found.append("index \(index) holds lease \(id), which does not exist")
            }
            if entry.isPending != ledger.pending.contains(index) {
                found.append("index \(index) is pending and is not")
            }
            bytes += RoundLedger.bytes(entry)
            if entry.opinions.isEmpty == ledger.disputed.contains(index) {
                found.append("index \(index) is disputed and is not")
            }
            switch entry.stage {
            case .receiving(let offer):
                if leases[offer.lease] == nil { found.append("index \(index) received for ever") }
            case .verified:
                if !entry.opinions.isEmpty { found.append("index \(index) is done and disputed") }
                if !entry.leases.isEmpty { found.append("index \(index) is done and leased") }
            case .folded:
                if !entry.leases.isEmpty { found.append("index \(index) is folded and leased") }
            case .open: break
            }
        }
        if bytes != ledger.bytesUnderWay { found.append("bytes under way do not add up") }
        return found
    }
}
