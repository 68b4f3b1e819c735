/// Finds connections that bring bytes and no messages.
///
/// libzmq keeps the parts of a message until the last one has come, and no option of it bounds
/// them: one peer that never ends its message could fill the memory. The kernel knows what libzmq has
/// read from a connection, and the server when it last had a message of it.
struct HoardGuard {
    private struct Connection {
        /// Bytes that were read before its last message.
        var base: Int64
        var hasSpoken = false
        /// Whether the last look found too many bytes.
        var isMarked = false
    }
    private var connections: [Int32: Connection] = [:]
    private var lookedAt: ContinuousClock.Instant?
    private var suspectedAt: ContinuousClock.Instant?
    /// Bytes of the process in memory at the last look, or less since.
    private var residentThen = 0
    /// Whether a look lately found bytes without a message: the next one must not be late.
    private(set) var isSuspicious = false

    /// Bytes that the process may grow by between two looks.
    private static let growth = 4 << 20
    /// Between two looks while it does not grow.
    private static let interval = Duration.seconds(1)
    /// How long a suspicion lasts: who was cut off leaves free memory, which others could fill without
    /// any growth.
    private static let memory = Duration.seconds(10)
    /// Bytes without a message that are suspicious, if not yet too many.
    private static let suspicion: Int64 = 256 << 10
    /// More than any message has, with what is encrypted around it: what a connection may bring
    /// without one, while whole messages are all taken.
    private static let limit: Int64 = 512 << 10
    /// The limit while messages wait: what the queue of a connection may hold.
    private static let busyLimit: Int64 = 16 << 20

    /// The number of connections that are watched.
    var count: Int { connections.count }

    /// A connection was made.
    mutating func opened(_ descriptor: Int32) { connections[descriptor] = Connection(base: 0) }

    /// A connection is gone.
    mutating func closed(_ descriptor: Int32) { connections[descriptor] = nil }

    /// A whole message of a connection came.
    mutating func heard(_ descriptor: Int32) { connections[descriptor]?.hasSpoken = true }

    /// Whether to look at every connection, which takes a call of the system for each: at once when
    /// the process has grown or somebody is suspicious, and otherwise now and then.
    ///
    /// - Parameters:
    ///   - now: The time.
    ///   - resident: Bytes of the process in memory; `nil` where nobody tells.
    /// - Returns: Whether to look.
    mutating func isDue(at now: ContinuousClock.Instant, resident: Int?) -> Bool {
        residentThen = min(residentThen, resident ?? 0)
        isSuspicious = suspectedAt.map { now - $0 < Self.memory } ?? false
        let isQuiet = !isSuspicious && resident.map { $0 - residentThen < Self.growth } ?? false
        if isQuiet, let lookedAt, now - lookedAt < Self.interval { return false }
        lookedAt = now
        residentThen = resident ?? 0
        return true
    }

    /// The connections to cut.
    ///
    /// - Parameters:
    ///   - isReading: Whether the server reads now; while it does not, no message can be had.
    ///   - isCaughtUp: Whether the server has taken every whole message that there was.
    ///   - read: Bytes that were read from a connection so far, or a negative number.
    /// - Returns: Their descriptors.
    mutating func hoarders(
        isReading: Bool, isCaughtUp: Bool, read: (Int32) -> Int64
    ) -> [Int32] {
        let limit = isCaughtUp ? Self.limit : Self.busyLimit
        var cut: [Int32] = []
        for (descriptor, connection) in connections {
            let count = read(descriptor)
            guard count >= 0 else {
                connections[descriptor] = nil
                continue
            }
            if connection.hasSpoken || !isReading {
                connections[descriptor] = Connection(base: count)
                continue
            }
            let bytes = count - connection.base
            // Whole messages may have come since the server read: the next look knows.
            if bytes > limit, connection.isMarked { cut.append(descriptor) }
            connections[descriptor]?.isMarked = bytes > limit
            if bytes >= Self.suspicion { (suspectedAt, isSuspicious) = (lookedAt, true) }
        }
        return cut
    }
}
