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
    /// A late task goes to a second worker too.
    case speculated(TaskKey, late: PeerID, second: PeerID)
    /// A task has no sound result on any worker: its data are bad, or the search diverges.
    case poisoned(TaskKey, String)
    /// A worker gets no more work.
    case quarantined(PeerID, String)
    /// Someone was turned away, so often: a word for the kind, what was seen, what to do.
    case refused(kind: String, text: String, hint: String, count: Int)
    /// An operator gave a command, and what became of it.
    case commanded(String, String)

    /// Whether it takes a person to put it right; the rest passes by itself.
    package var isTrouble: Bool {
        switch self {
        case .unprepared, .attemptFailed, .mismatch, .poisoned, .quarantined, .refused: true
        case .workerJoined, .workerLost, .leaseLost, .otherInputs, .speculated, .commanded: false
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
        case .speculated(let key, let late, let second):
            "task \(key) is late on \(late) and goes to \(second) too"
        case .poisoned(let key, let text): "task \(key) has no sound result on any worker: \(text)"
        case .quarantined(let peer, let text): "worker \(peer) in quarantine: \(text)"
        case .refused(_, let text, let hint, let count):
            "refused\(count > 1 ? " \(count) times" : ""): \(text)"
                + (hint.isEmpty ? "" : "; \(hint)")
        case .commanded(let command, let text): "\(command): \(text)"
        }
    }

    /// A word for the event log.
    package var kind: String {
        switch self {
        case .workerJoined: "joined"
        case .workerLost: "left"
        case .unprepared: "unprepared"
        case .leaseLost: "lease-lost"
        case .attemptFailed: "attempt-failed"
        case .mismatch: "mismatch"
        case .otherInputs: "other-inputs"
        case .speculated: "speculated"
        case .poisoned: "poisoned"
        case .quarantined: "quarantined"
        case .refused: "refused"
        case .commanded: "command"
        }
    }

    /// The worker that it is about.
    package var peer: PeerID? {
        switch self {
        case .workerJoined(let peer, _), .workerLost(let peer, _), .unprepared(let peer, _, _),
            .leaseLost(_, let peer, _), .attemptFailed(_, let peer, _), .mismatch(_, let peer),
            .otherInputs(_, let peer), .quarantined(let peer, _), .speculated(_, let peer, _):
            peer
        case .poisoned, .refused, .commanded: nil
        }
    }

    /// The task that it is about.
    package var task: TaskKey? {
        switch self {
        case .leaseLost(let key, _, _), .attemptFailed(let key, _, _), .mismatch(let key, _),
            .otherInputs(let key, _), .speculated(let key, _, _), .poisoned(let key, _):
            key
        case .workerJoined, .workerLost, .unprepared, .quarantined, .refused, .commanded: nil
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
    /// Late tasks that were given to a second worker, and those where that one was first.
    package internal(set) var speculated = 0
    package internal(set) var speculationsWon = 0
    /// Tasks that two workers computed on purpose and came to the same bits, and those where there
    /// was no second worker.
    package internal(set) var audited = 0
    package internal(set) var auditsWaived = 0
    /// Tasks without a sound result.
    package internal(set) var poisoned = 0
    /// Workers that get no more work.
    package internal(set) var quarantined = 0
    /// Messages that were refused.
    package internal(set) var rejected = 0

    /// Nothing counted.
    package init() {}
}
