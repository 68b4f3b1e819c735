internal import Tasks
package import WireProtocol

extension CoordinatorState {
    /// A task of an open round, for people.
    package struct TaskStanding: Codable, Hashable, Sendable {
        /// How far a task is.
        package enum Stage: String, Codable, Hashable, Sendable {
            /// Nobody has it.
            case pending
            /// A worker computes it.
            case leased
            /// A result waits for its turn to be fetched.
            case offered
            /// A result is being fetched.
            case receiving
            /// A result is being added up.
            case verified
            /// The result counts.
            case folded
        }

        /// The number of its round.
        package let round: UInt64
        /// Its place in the round.
        package let index: Int
        /// What is computed.
        package let kind: String
        /// How far it is.
        package let stage: Stage
        /// Who has it.
        package let workers: [String]
        /// Seconds since the first of them got it.
        package let ageSeconds: Double
        /// Attempts that failed, in words.
        package let failures: [String]
    }

    /// The tasks of the open rounds that do not count yet, and then those that do.
    package func tasks(atMost limit: Int) -> [TaskStanding] {
        let entries = rounds.all.flatMap(\.entries)
        let ordered = entries.filter { !$0.isFolded } + entries.filter(\.isFolded)
        return ordered.prefix(limit).map { entry in
            let held = entry.leases.compactMap { leases[$0] }.sorted { $0.id < $1.id }
            let stage: TaskStanding.Stage =
                switch entry.stage {
                case .folded: .folded
                case .verified: .verified
                case .receiving: .receiving
                case .open where !entry.offers.isEmpty: .offered
                case .open: held.isEmpty ? .pending : .leased
                }
            return TaskStanding(
                round: entry.task.key.round, index: entry.task.key.index,
                kind: "\(entry.task.kind)", stage: stage,
                workers: held.map { membership[$0.peer]?.hello.workerName ?? "\($0.peer)" },
                ageSeconds: held.map { (now - $0.issuedAt).inSeconds }.max() ?? 0,
                failures: entry.troubles.map { "\($0.worker): \($0.text)" })
        }
    }

    /// The workers that a name or an address means.
    package func peers(named name: String) -> [PeerID] {
        membership.all.filter { $0.hello.workerName == name || $0.peer.description == name }
            .map(\.peer)
    }

    /// Asks a worker to finish what it has begun and to leave.
    mutating func send(
        _ peer: PeerID, home reason: String, within limit: Duration, _ effects: inout [Effect]
    ) {
        guard membership[peer] != nil else { return }
        membership.update(peer) { if $0.status != .quarantined { $0.status = .draining } }
        let drain = Drain(reason: reason, deadlineMilliseconds: limit.inMilliseconds)
        effects.append(.send(.drain(drain), to: peer))
    }

    /// Does without a worker that was put out.
    mutating func dismiss(_ peer: PeerID, because reason: String, _ effects: inout [Effect]) {
        guard membership[peer] != nil else { return }
        lose(peer, because: reason, &effects)
    }
}

extension RoundLedger.Entry {
    var isFolded: Bool { if case .folded = stage { true } else { false } }
}
