internal import CZeroMQ

/// The I/O threads that sockets share.
///
/// Thread-safe by libzmq's own documentation (zmq_ctx_new(3): "A 0MQ context is thread safe").
@safe package final class Context: Sendable {
    nonisolated(unsafe) let handle: UnsafeMutableRawPointer

    /// A context with room for the given number of sockets.
    ///
    /// - Parameters:
    ///   - maximumSockets: Sockets that may be open at once.
    ///   - ioThreads: Threads that encrypt and move bytes; sockets choose with
    ///     ``SocketOptions/ioThread``.
    /// - Throws: ``ZeroMQError`` when the process is out of memory or file descriptors.
    package init(maximumSockets: Int = 1023, ioThreads: Int = 1) throws(ZeroMQError) {
        guard let handle = unsafe zmq_ctx_new() else { throw ZeroMQError(calling: "zmq_ctx_new") }
        unsafe self.handle = handle
        _ = unsafe zmq_ctx_set(handle, ZMQ_MAX_SOCKETS, Int32(maximumSockets))
        _ = unsafe zmq_ctx_set(handle, ZMQ_IO_THREADS, Int32(ioThreads))
        _ = unsafe zmq_ctx_set(handle, ZMQ_IPV6, 0)
    }

    // Every socket holds its context, so none is open when this runs.
    deinit { _ = unsafe zmq_ctx_term(handle) }
}
