internal import CZeroMQ

/// One part of a received message: bytes that libzmq allocated and nobody changes.
///
/// Sendable because the bytes are never written after `zmq_msg_recv` has filled them, and only the
/// last owner closes the message.
@safe package final class Frame: Sendable {
    private nonisolated(unsafe) let message: UnsafeMutablePointer<zmq_msg_t>

    /// The number of bytes.
    package let count: Int

    /// Takes over a message that `zmq_msg_recv` has filled.
    init(taking message: UnsafeMutablePointer<zmq_msg_t>) {
        unsafe self.message = unsafe message
        count = unsafe zmq_msg_size(message)
    }

    deinit {
        _ = unsafe zmq_msg_close(message)
        unsafe message.deallocate()
    }

    /// Gives access to the bytes for the duration of a call.
    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(UnsafeRawBufferPointer(start: zmq_msg_data(message), count: count))
    }

    /// A copy of the bytes.
    package var bytes: [UInt8] { unsafe withUnsafeBytes { unsafe Array($0) } }

    /// The descriptor of the connection that the frame came through, or `nil` where unknown.
    var connection: Int32? {
        let descriptor = unsafe zmq_msg_get(message, ZMQ_SRCFD)
        return descriptor >= 0 ? descriptor : nil
    }

    /// The name that an authenticator gave the sender.
    var userID: String? {
        guard let text = unsafe zmq_msg_gets(message, "User-Id") else { return nil }
        return unsafe String(cString: text)
    }
}

/// A message of several parts as it was received.
package struct Multipart: Sendable {
    /// The parts, with a router's routing identifier first.
    package let frames: [Frame]
    /// Whether further parts came and were thrown away.
    package let isTruncated: Bool
    /// The descriptor of the connection that it came through, or `nil` where unknown; compare it
    /// with ``MonitorEvent/connection``.
    package let connection: Int32?

    /// The name that an authenticator gave the sender; `nil` on sockets without security.
    package var userID: String? { frames.last?.userID }

    /// The bytes of all parts.
    package var byteCount: Int { frames.reduce(0) { $0 + $1.count } }
}
