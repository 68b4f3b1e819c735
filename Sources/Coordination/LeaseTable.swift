package import Tasks
package import WireProtocol

/// Who computes what, and until when.
package struct LeaseTable: Sendable {
    /// A worker's promise to compute a task.
    package struct Lease: Hashable, Sendable {
        /// Names the lease within the epoch.
        package let id: UInt64
        /// The task.
        package let key: TaskKey
        /// The worker.
        package let peer: PeerID
        /// When it was given.
        package let issuedAt: Duration
        /// Without progress, when it ends.
        package internal(set) var expiresAt: Duration
        /// How much further progress carries it.
        package let timeToLive: Duration
        /// When the result was offered; the worker is then free for the next task.
        package internal(set) var offeredAt: Duration?
        /// Whether the worker said at its greeting that it has the result.
        package let isReserved: Bool
        /// Whether another worker has the task too, and is late.
        package let isSpeculative: Bool
    }

    private var leases: [UInt64: Lease] = [:]
    private var byPeer: [PeerID: Set<UInt64>] = [:]
    /// Leases without an offer.
    private var loads: [PeerID: Int] = [:]
    private var next: UInt64 = 1

    /// The lease of a number.
    package subscript(id: UInt64) -> Lease? { leases[id] }

    /// Every lease, by number.
    package var all: [Lease] { leases.values.sorted { $0.id < $1.id } }

    /// The leases of a worker, by number.
    package func leases(of peer: PeerID) -> [Lease] {
        (byPeer[peer] ?? []).sorted().compactMap { leases[$0] }
    }

    /// The number of tasks that a worker has yet to compute.
    package func load(of peer: PeerID) -> Int { loads[peer] ?? 0 }

    /// The leases that ended without progress, by number.
    func expired(at now: Duration) -> [Lease] {
        leases.values.filter { $0.expiresAt <= now }.sorted { $0.id < $1.id }
    }

    mutating func issue(
        _ key: TaskKey, to peer: PeerID, at now: Duration, timeToLive: Duration,
        isReserved: Bool = false, isSpeculative: Bool = false
    ) -> Lease {
        let lease = Lease(
            id: next, key: key, peer: peer, issuedAt: now, expiresAt: now + timeToLive,
            timeToLive: timeToLive, isReserved: isReserved, isSpeculative: isSpeculative)
        next += 1
        leases[lease.id] = lease
        byPeer[peer, default: []].insert(lease.id)
        loads[peer, default: 0] += 1
        return lease
    }

    /// The number of leases that double a late one.
    var speculativeCount: Int { leases.values.count { $0.isSpeculative } }

    /// The leases without an offer that were given at a time or before, oldest first.
    func computing(since time: Duration) -> [Lease] {
        leases.values.filter { $0.offeredAt == nil && $0.issuedAt <= time }
            .sorted { ($0.issuedAt, $0.id) < ($1.issuedAt, $1.id) }
    }

    mutating func offer(_ id: UInt64, at now: Duration) {
        guard let lease = leases[id] else { return }
        leases[id]?.offeredAt = now
        if lease.offeredAt == nil { unload(lease.peer) }
    }

    private mutating func unload(_ peer: PeerID) {
        let rest = load(of: peer) - 1
        loads[peer] = rest > 0 ? rest : nil
    }

    mutating func renew(_ peer: PeerID, at now: Duration) {
        for id in byPeer[peer] ?? [] {
            guard let lease = leases[id] else { continue }
            leases[id]?.expiresAt = now + lease.timeToLive
        }
    }

    @discardableResult
    mutating func remove(_ id: UInt64) -> Lease? {
        guard let lease = leases.removeValue(forKey: id) else { return nil }
        byPeer[lease.peer]?.remove(id)
        if byPeer[lease.peer]?.isEmpty == true { byPeer[lease.peer] = nil }
        if lease.offeredAt == nil { unload(lease.peer) }
        return lease
    }
}
