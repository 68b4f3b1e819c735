package import Tasks
package import WireProtocol

/// Something that an operator may want to read in the event log.
package enum CoordinatorNote: Hashable, Sendable, CustomStringConvertible {
    /// A worker was admitted.
    case workerJoined(PeerID, String)
    /// A worker is gone.
    case workerLost(PeerID, String)
    /// A worker cannot take part in the run: its name and the reason.
    case unprepared(PeerID, String, String)
    /// A task goes to another worker.
    case leaseLost(TaskKey, PeerID, String)
    /// A worker could not compute a task, or its result was no good.
    case attemptFailed(TaskKey, PeerID, String)
    /// Two workers computed the same task to different bits.
    case mismatch(TaskKey, PeerID)
    /// A worker offered a result that was computed from something else than the task reads.
    case otherInputs(TaskKey, PeerID)
    /// A worker gets no more work.
    case quarantined(PeerID, String)

    /// Whether it takes a person to put it right; the rest passes by itself.
    package var isTrouble: Bool {
        switch self {
        case .unprepared, .attemptFailed, .mismatch, .quarantined: true
        case .workerJoined, .workerLost, .leaseLost, .otherInputs: false
        }
    }

    package var description: String {
        switch self {
        case .workerJoined(let peer, let name): "worker \(name) (\(peer)) joined"
        case .workerLost(let peer, let reason): "worker \(peer) is gone: \(reason)"
        case .unprepared(let peer, let name, let reason):
            "worker \(name) (\(peer)) cannot take part: \(reason)"
        case .leaseLost(let key, let peer, let reason):
            "task \(key) taken back from \(peer): \(reason)"
        case .attemptFailed(let key, let peer, let text): "task \(key) failed on \(peer): \(text)"
        case .mismatch(let key, let peer): "task \(key): the bits of \(peer) differ"
        case .otherInputs(let key, let peer):
            "task \(key): the result of \(peer) was computed from other inputs"
        case .quarantined(let peer, let text): "worker \(peer) in quarantine: \(text)"
        }
    }
}

/// Counts of what went another way than straight.
package struct CoordinatorCounts: Hashable, Codable, Sendable {
    /// Leases taken back without a result.
    package internal(set) var reissued = 0
    /// Results that came second, with the same bits.
    package internal(set) var duplicates = 0
    /// Results that came second, with other bits.
    package internal(set) var mismatches = 0
    /// Results that were computed from something else than their task reads.
    package internal(set) var foreign = 0
    /// Results of rounds that were over.
    package internal(set) var stale = 0
    /// Attempts that failed.
    package internal(set) var failures = 0
    /// Messages that were refused.
    package internal(set) var rejected = 0

    /// Nothing counted.
    package init() {}
}
