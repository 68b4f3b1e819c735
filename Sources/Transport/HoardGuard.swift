/// Finds connections that bring bytes and no messages.
///
/// libzmq keeps the parts of a message until the last one has come, and no option of it bounds
/// them: one peer that never ends its message could fill the memory. The kernel knows what a
/// connection has brought, and the server when it last had a message of it.
struct HoardGuard {
    private struct Connection {
        var base: Int64
        var hasSpoken = true
    }
    private var connections: [Int32: Connection] = [:]

    /// More than any message has, with what is encrypted around it.
    private static let message: Int64 = 512 << 10
    /// Bytes that one connection may bring without a message, while whole messages are all taken.
    private static let limit: Int64 = 1 << 20
    /// What all may bring together beyond a message each.
    private static let excessLimit: Int64 = 8 << 20
    /// The limit of one while messages wait: what the queue of a connection may hold.
    private static let busyLimit: Int64 = 16 << 20

    /// Whether there is any connection to watch.
    var isWatching: Bool { !connections.isEmpty }

    /// A connection was made.
    mutating func opened(_ descriptor: Int32) { connections[descriptor] = Connection(base: 0) }

    /// A connection is gone.
    mutating func closed(_ descriptor: Int32) { connections[descriptor] = nil }

    /// A whole message of a connection came.
    mutating func heard(_ descriptor: Int32) { connections[descriptor]?.hasSpoken = true }

    /// The connections to cut.
    ///
    /// - Parameters:
    ///   - isReading: Whether the server reads now; while it does not, no message can be had.
    ///   - isCaughtUp: Whether the server has taken every whole message that there was.
    ///   - received: What a connection has brought so far, or a negative number.
    /// - Returns: Their descriptors.
    mutating func hoarders(
        isReading: Bool, isCaughtUp: Bool, received: (Int32) -> Int64
    ) -> [Int32] {
        var kept: [(descriptor: Int32, bytes: Int64)] = []
        for (descriptor, connection) in connections {
            let count = received(descriptor)
            guard count >= 0 else {
                connections[descriptor] = nil
                continue
            }
            if connection.hasSpoken || !isReading {
                connections[descriptor] = Connection(base: count, hasSpoken: false)
            } else {
                kept.append((descriptor, count - connection.base))
            }
        }
        kept.sort { ($0.bytes, $0.descriptor) > ($1.bytes, $1.descriptor) }
        let limit = isCaughtUp ? Self.limit : Self.busyLimit
        func excess(_ bytes: Int64) -> Int64 { max(0, bytes - Self.message) }
        var total = kept.reduce(0) { $0 + excess($1.bytes) }
        var cut: [Int32] = []
        for candidate in kept {
            guard candidate.bytes > limit || isCaughtUp && total > Self.excessLimit,
                candidate.bytes > Self.message
            else { break }
            total -= excess(candidate.bytes)
            cut.append(candidate.descriptor)
        }
        return cut
    }
}
