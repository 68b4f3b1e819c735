package import WireProtocol

/// The receiving end of a transfer: what has come, and what has been asked for.
///
/// Bytes are taken in order; what arrives twice or out of order is ignored. Credit is renewed when
/// half of the window is used up, so that the sender never waits for a round trip.
package struct IncomingTransfer: Hashable, Sendable {
    /// Names the transfer.
    package let id: UInt64
    /// The number of bytes to come.
    package let total: Int
    /// The number of bytes that have come, from the start on.
    package private(set) var received: Int
    private var granted: Int
    private let window: Int

    /// A transfer whose sender may send a window's worth at once.
    ///
    /// - Parameters:
    ///   - id: Names the transfer.
    ///   - total: The number of bytes.
    ///   - window: Bytes under way at most.
    ///   - received: Bytes that an earlier attempt already brought.
    package init(id: UInt64, total: Int, window: Int, received: Int = 0) {
        self.id = id
        self.total = total
        self.received = received
        self.window = window
        granted = min(total, received + window)
    }

    /// Whether everything has come.
    package var isComplete: Bool { received == total }

    /// Whether bytes are the next ones; if so they count as come.
    package mutating func accept(offset: Int, count: Int) -> Bool {
        guard offset == received, count > 0, count <= granted - received else { return false }
        received += count
        return true
    }

    /// Further credit when it is time for it, or `nil`.
    package mutating func renewal() -> ChunkGet? {
        guard granted < total, granted - received <= window / 2 else { return nil }
        let end = min(total, received + window)
        defer { granted = end }
        return ChunkGet(transfer: id, offset: granted, length: end - granted)
    }
}

/// The sending end of a transfer: which bytes a request is answered with.
package struct OutgoingTransfer: Hashable, Sendable {
    /// Names the transfer.
    package let id: UInt64
    /// The number of bytes over all.
    package let total: Int
    private let chunk: Int

    /// A transfer in chunks of at most the given number of bytes.
    package init(id: UInt64, total: Int, chunk: Int = WireLimits.chunkBytes) {
        self.id = id
        self.total = total
        self.chunk = chunk
    }

    /// The chunks that answer a request; none for bytes outside the transfer.
    package func chunks(offset: Int, length: Int) -> [Range<Int>] {
        guard offset >= 0, length > 0, offset < total else { return [] }
        let end = offset + min(length, total - offset)
        return stride(from: offset, to: end, by: chunk).map { $0..<min($0 + chunk, end) }
    }
}
