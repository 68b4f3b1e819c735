internal import Tasks
internal import WireProtocol

extension CoordinatorState {
    /// A worker that could take more.
    private struct FreeWorker {
        let peer: PeerID
        let slots: Int
        let prefetch: Int
        var load: Int
    }

    /// Gives pending tasks to free workers: first one per free slot, then for prefetching.
    mutating func assign(_ effects: inout [Effect]) {
        guard !isDraining, pauseReason == nil, rounds.pendingCount > 0 else { return }
        let members = membership.all
        var workers: [FreeWorker] = []
        for place in members.indices
        where members[place].status == .active && members[place].slots > 0 {
            let peer = members[place].peer
            workers.append(
                FreeWorker(
                    peer: peer, slots: members[place].slots, prefetch: members[place].prefetch,
                    load: leases.load(of: peer)))
        }
        guard !workers.isEmpty else { return }
        assign(to: &workers, &effects) { $0.slots }
        // A task that is fetched early is bound to its worker; with few left, let the first free
        // worker take it instead.
        if rounds.pendingCount >= workers.count {
            assign(to: &workers, &effects) { $0.slots + $0.prefetch }
        }
    }

    /// Effects of one event after which it gives out no further lease.
    ///
    /// A thousand at once would keep heartbeats waiting; the workers' answers bring the next ones.
    private static let effectsAtOnce = 128

    /// - Complexity: O(workers) of a few instructions for each lease.
    private mutating func assign(
        to workers: inout [FreeWorker], _ effects: inout [Effect],
        capacity: (FreeWorker) -> Int
    ) {
        var freeCount = workers.count { $0.load < capacity($0) }
        guard freeCount > 0 else { return }
        for key in rounds.pending {
            guard freeCount > 0, effects.count < Self.effectsAtOnce else { return }
            guard let entry = rounds[key] else { continue }
            let busy = Set(entry.leases.compactMap { leases[$0]?.peer } + entry.offers.map(\.peer))
            let failed = Set(entry.troubles.map(\.peer) + entry.opinions.map(\.peer))
            // A failure may be repeated where there is nobody else; a second opinion may not.
            let mayRepeat =
                entry.opinions.allSatisfy { $0.fault != nil }
                && workers.allSatisfy { failed.contains($0.peer) }
            let excluded = mayRepeat ? busy : busy.union(failed)
            var best: Int?
            for place in workers.indices where workers[place].load < capacity(workers[place]) {
                if !excluded.isEmpty, excluded.contains(workers[place].peer) { continue }
                if let known = best,
                    workers[place].load * workers[known].slots
                        >= workers[known].load * workers[place].slots
                {
                    continue
                }
                best = place
                if workers[place].load == 0 { break }  // Nobody has less to do.
            }
            guard let place = best else { continue }
            issue(key, to: workers[place].peer, &effects)
            workers[place].load += 1
            if workers[place].load >= capacity(workers[place]) { freeCount -= 1 }
        }
    }

    mutating func issue(
        _ key: TaskKey, to peer: PeerID, isSpeculative: Bool = false, _ effects: inout [Effect]
    ) {
        guard let entry = rounds[key], let alpha = rounds[key.round]?.alpha else { return }
        let task = entry.task
        let usual = timings.percentile95(of: task.kind)
        let life =
            usual.map { max(settings.timers.leaseMinimum, $0 * 4) } ?? settings.timers.leaseUnknown
        let lease = leases.issue(
            task.key, to: peer, at: now, timeToLive: life, isSpeculative: isSpeculative)
        let isSuspect = suspects[peer] != nil
        rounds.update(key) {
            $0.leases.insert(lease.id)
            if isSuspect {
                $0.isAudited = true
                $0.required = max($0.required, 2)
            }
        }
        let message = Lease(
            lease: lease.id, task: task, inputs: entry.inputs,
            timeToLiveMilliseconds: life.inMilliseconds, isSpeculative: isSpeculative,
            alpha: alpha)
        effects.append(.send(.lease(message), to: peer))
    }

    /// Ends a lease without a result; what its worker was sending is stopped.
    mutating func lose(_ id: UInt64, because reason: String, _ effects: inout [Effect]) {
        guard let lease = leases.remove(id) else { return }
        counts.reissued += 1
        effects.append(.note(.leaseLost(lease.key, lease.peer, reason)))
        rounds.update(lease.key) { entry in
            entry.leases.remove(id)
            entry.offers.removeAll { $0.lease == id }
            if case .receiving(let offer) = entry.stage, offer.lease == id {
                entry.stage = .open
                effects.append(.stopReceiving(lease.key, from: lease.peer))
            }
        }
    }
}
