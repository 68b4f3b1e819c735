internal import CZeroMQ

/// What happened to a connection of a monitored socket.
package struct MonitorEvent: Hashable, Sendable {
    /// The kinds that are reported.
    package enum Kind: Hashable, Sendable {
        /// A peer finished its handshake; messages may flow.
        case ready
        /// A connection was closed, by the peer or its kernel.
        case disconnected
        /// The peer's handshake failed, for want of time or of the right keys.
        case handshakeFailed
    }

    /// What happened.
    package let kind: Kind
    /// The connection's descriptor; compare it with ``Multipart/connection``.
    package let connection: Int32
}

/// A stream of a socket's connection events.
package struct SocketMonitor: ~Copyable {
    let socket: Socket

    /// Starts to watch a socket.
    ///
    /// - Parameters:
    ///   - watched: The socket.
    ///   - name: Unique within the context.
    /// - Throws: ``ZeroMQError`` when the name is taken.
    package init(watching watched: borrowing Socket, name: String) throws(ZeroMQError) {
        let endpoint = "inproc://monitor-\(name)"
        let failures =
            ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
            | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
        let events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | failures
        guard unsafe zmq_socket_monitor(watched.handle, endpoint, events) == 0 else {
            throw ZeroMQError(calling: "zmq_socket_monitor")
        }
        let pair = try Socket(.pair, in: watched.context)
        try pair.connect(endpoint)
        socket = pair
    }

    /// The next event, or `nil` when none is waiting.
    ///
    /// - Throws: ``ZeroMQError`` when the monitor is broken.
    package func next() throws(ZeroMQError) -> MonitorEvent? {
        while let message = try socket.receive(maximumParts: 2) {
            guard let bytes = message.frames.first?.bytes, bytes.count >= 6 else { continue }
            let kind = Int32(UInt16(bytes[0]) | UInt16(bytes[1]) << 8)
            let value = bytes[2..<6].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            let connection = Int32(bitPattern: value)
            switch kind {
            case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
                return MonitorEvent(kind: .ready, connection: connection)
            case ZMQ_EVENT_DISCONNECTED:
                return MonitorEvent(kind: .disconnected, connection: connection)
            default:
                return MonitorEvent(kind: .handshakeFailed, connection: connection)
            }
        }
        return nil
    }
}
