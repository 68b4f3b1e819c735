internal import Coordination
internal import Foundation
internal import ProcessMeters
internal import Tasks
internal import Transport
internal import WireProtocol

/// Counts of bytes and times for the status.
struct Traffic {
    private(set) var bytesIn: [PeerID: Int] = [:]
    private(set) var bytesOut: [PeerID: Int] = [:]
    private(set) var totalIn = 0
    private(set) var totalOut = 0
    var malformed = 0
    var refused = 0
    private var deliveredAt: [TaskKey: ContinuousClock.Instant] = [:]
    private var reduced = 0
    var split = CoordinatorStatus.Split()
    private var splitBefore = CoordinatorStatus.Split()

    /// The newest split that has results: the round's own, or that of the round before.
    var splitToShow: CoordinatorStatus.Split { split.tasks > 0 ? split : splitBefore }

    mutating func control(from peer: PeerID) {
        // Strangers are counted by nobody: there is no end of them.
        guard bytesIn.count < 65_536 || bytesIn[peer] != nil else { return }
        bytesIn[peer, default: 0] += FrameHeader.byteCount
    }

    mutating func data(from peer: PeerID, bytes: Int) {
        bytesIn[peer, default: 0] += bytes
        totalIn += bytes
    }

    mutating func data(to peer: PeerID, bytes: Int) {
        bytesOut[peer, default: 0] += bytes
        totalOut += bytes
    }

    /// A result was handed to its reader.
    mutating func delivered(_ key: TaskKey) { deliveredAt[key] = .now }

    /// The reader of a result has finished.
    mutating func folded(_ key: TaskKey) {
        guard let time = deliveredAt.removeValue(forKey: key) else { return }
        reduced += 1
        let seconds = (ContinuousClock.now - time).inSeconds
        split.reduceSeconds += (seconds - split.reduceSeconds) / Double(reduced)
    }

    /// A round was opened, so long after the end of the one before.
    mutating func opened(after pause: Duration) {
        if split.tasks > 0 { splitBefore = split }
        split = CoordinatorStatus.Split()
        split.updateSeconds = pause.inSeconds
        deliveredAt = [:]
        reduced = 0
    }

    /// Forgets a worker that is gone.
    mutating func forget(_ peer: PeerID) {
        bytesIn[peer] = nil
        bytesOut[peer] = nil
    }

    mutating func record(_ offer: GradOffer, pushedIn pushSeconds: Double) {
        split.tasks += 1
        let share = 1 / Double(split.tasks)
        split.pullSeconds += (offer.pullSeconds - split.pullSeconds) * share
        split.computeSeconds += (offer.computeSeconds - split.computeSeconds) * share
        split.pushSeconds += (pushSeconds - split.pushSeconds) * share
    }
}

extension CoordinatorStatus {
    init(_ state: CoordinatorState, ports: ServerPorts, uptime: Duration, traffic: Traffic) {
        let now = state.now
        runID = state.settings.runID
        epoch = state.settings.epoch
        self.ports = ports
        uptimeSeconds = uptime.inSeconds
        waiting = state.waitingReason
        round = state.rounds.oldest.map {
            Round(
                number: $0.number, tasks: $0.taskCount, folded: $0.foldedCount,
                pending: $0.pendingCount, seconds: (now - $0.openedAt).inSeconds)
        }
        split = traffic.splitToShow
        counts = state.counts
        paused = state.pauseReason
        refused = traffic.refused
        residentBytes = ProcessMemory.residentBytes ?? 0
        malformed = traffic.malformed
        bytesIn = traffic.totalIn
        bytesOut = traffic.totalOut
        workers = state.membership.all.map { member in
            let minutes = max((now - member.joinedAt).inSeconds, 1) / 60
            return Worker(
                name: member.hello.workerName, peer: member.peer.description,
                status: member.status, slots: member.slots,
                leases: state.leases.leases(of: member.peer).map {
                    Lease(task: $0.key.description, ageSeconds: (now - $0.issuedAt).inSeconds)
                },
                accepted: member.accepted,
                acceptedPerMinute: Double(member.accepted) / minutes,
                bytesIn: traffic.bytesIn[member.peer] ?? 0,
                bytesOut: traffic.bytesOut[member.peer] ?? 0,
                residentBytes: member.residentBytes,
                silentSeconds: (now - member.heardAt).inSeconds)
        }
    }
}
