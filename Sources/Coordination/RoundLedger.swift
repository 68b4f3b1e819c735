internal import Tasks
internal import WireProtocol

/// What has become of each task of a round.
package struct RoundLedger: Sendable {
    /// A result that a worker has and the coordinator has not.
    struct Offer: Hashable, Sendable {
        let peer: PeerID
        let message: GradOffer
        let lease: UInt64
    }

    /// How far a task is.
    enum Stage: Hashable, Sendable {
        /// No result is under way; leased, offered, or neither.
        case open
        /// A worker sends its result.
        case receiving(Offer)
        /// A result was found good and handed over, but its reader has not finished.
        case verified(GradOffer)
        /// The result counts.
        case folded(digest: UInt32)
    }

    /// One task.
    struct Entry: Hashable, Sendable {
        let task: TaskDescription
        /// What a result of it must have been computed from.
        let inputs: TaskDigest
        var stage = Stage.open
        var leases: Set<UInt64> = []
        /// Results that wait for their turn.
        var offers: [Offer] = []
        /// Who failed at the task, and how.
        var troubles: [Trouble] = []
        /// Results that are here and wait for others to agree with them.
        var opinions: [Opinion] = []
        /// How many results there must be before one counts.
        var required = 1
        /// Whether two workers must come to the same bits.
        var isAudited = false
        /// Whose result counts.
        var winner: PeerID?

        /// Whether no result counts yet.
        var isUndecided: Bool {
            switch stage {
            case .open, .receiving: true
            case .verified, .folded: false
            }
        }

        /// Whether another worker is wanted.
        var isPending: Bool {
            let underWay = leases.count + offers.count { $0.lease == 0 }
            return isUndecided && opinions.count + underWay < required
        }

        /// Workers that have to do with the task, or had.
        var peers: Set<PeerID> { Set(opinions.map(\.peer) + offers.map(\.peer)) }
    }

    /// A result that was looked at.
    struct Opinion: Hashable, Sendable {
        let peer: PeerID
        let worker: String
        let message: GradOffer
        /// Why it is no good, if it is not.
        let fault: String?
        /// Whether its bytes are here, and not only their digest.
        let isHeld: Bool
    }

    /// A failed attempt.
    struct Trouble: Hashable, Sendable {
        let peer: PeerID
        let worker: String
        let text: String
    }

    /// The round's number.
    package let number: UInt64
    /// When the round was opened.
    package let openedAt: Duration
    let alpha: [Float]
    private(set) var entries: [Entry]
    private(set) var pending: Set<Int>
    /// Tasks with results that wait for their turn.
    private(set) var offered: Set<Int> = []
    /// Tasks with results that wait for others.
    private(set) var disputed: Set<Int> = []
    /// Bytes of results that are being received or wait for their reader.
    private(set) var bytesUnderWay = 0
    /// Tasks whose result counts.
    package private(set) var foldedCount = 0

    init(
        number: UInt64, tasks: [TaskDescription], inputs: [TaskDigest], alpha: [Float],
        openedAt: Duration
    ) {
        precondition(inputs.count == tasks.count, "a digest for every task")
        self.number = number
        self.alpha = alpha
        self.openedAt = openedAt
        entries = zip(tasks, inputs).map { Entry(task: $0, inputs: $1) }
        pending = Set(tasks.indices)
    }

    /// The number of tasks.
    package var taskCount: Int { entries.count }
    /// The number of tasks that nobody has.
    package var pendingCount: Int { pending.count }
    /// Whether every result counts.
    package var isComplete: Bool { foldedCount == entries.count }

    /// The task of a key, if the key belongs to this round.
    func index(of key: TaskKey) -> Int? {
        key.round == number && entries.indices.contains(key.index) ? key.index : nil
    }

    mutating func update(_ index: Int, _ change: (inout Entry) -> Void) {
        let before = Self.bytes(entries[index])
        let wasFolded = Self.isFolded(entries[index].stage)
        change(&entries[index])
        bytesUnderWay += Self.bytes(entries[index]) - before
        if Self.isFolded(entries[index].stage), !wasFolded { foldedCount += 1 }
        if entries[index].isPending { pending.insert(index) } else { pending.remove(index) }
        if entries[index].opinions.isEmpty {
            disputed.remove(index)
        } else {
            disputed.insert(index)
        }
        if entries[index].offers.isEmpty { offered.remove(index) } else { offered.insert(index) }
    }

    static func bytes(_ entry: Entry) -> Int {
        let held = entry.opinions.reduce(0) { $0 + ($1.isHeld ? $1.message.blockBytes : 0) }
        return switch entry.stage {
        case .receiving(let offer): held + offer.message.blockBytes
        case .verified(let message): held + message.blockBytes
        case .open, .folded: held
        }
    }

    private static func isFolded(_ stage: Stage) -> Bool {
        if case .folded = stage { true } else { false }
    }
}
