internal import Tasks
internal import WireProtocol

extension CoordinatorState {
    /// Gives the latest tasks to idle workers as well, once there is nothing else to give: the first
    /// result counts, and both have the same bits.
    ///
    /// - SeeAlso: Dean & Ghemawat, *MapReduce*, OSDI 2004, section 3.6 (backup tasks).
    mutating func speculate(_ effects: inout [Effect]) {
        guard !isDraining, !rounds.isEmpty, rounds.pendingCount == 0 else { return }
        let members = membership.all
        let active = members.indices.filter {
            members[$0].status == .active && members[$0].slots > 0
        }
        var idle = active.filter { leases.load(of: members[$0].peer) < members[$0].slots }
        guard !idle.isEmpty, active.count > 1 else { return }
        // Few at a time: a task may be late because it is long, and its copy takes part of the link.
        let limit = max(1, active.reduce(0) { $0 + members[$1].slots } / 20)
        var room = limit - leases.speculativeCount
        guard room > 0 else { return }
        for lease in leases.computing(since: now - settings.timers.late) {
            guard room > 0, !idle.isEmpty else { return }
            guard !lease.isReserved, !lease.isSpeculative, let entry = rounds[lease.key],
                entry.stage == .open, entry.leases.count == 1, entry.offers.isEmpty
            else { continue }
            let usual = timings.median(of: entry.task.kind).map { $0 * 2 } ?? settings.timers.late
            guard now - lease.issuedAt >= max(settings.timers.late, usual) else { continue }
            let excluded = entry.peers.union(entry.troubles.map(\.peer)).union([lease.peer])
            guard let place = idle.firstIndex(where: { !excluded.contains(members[$0].peer) })
            else { continue }
            let (peer, slots) = (members[idle[place]].peer, members[idle[place]].slots)
            counts.speculated += 1
            room -= 1
            effects.append(.note(.speculated(lease.key, late: lease.peer, second: peer)))
            issue(lease.key, to: peer, isSpeculative: true, &effects)
            if leases.load(of: peer) >= slots { idle.remove(at: place) }
        }
    }
}
