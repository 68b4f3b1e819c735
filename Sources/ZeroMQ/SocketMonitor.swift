internal import CZeroMQ

/// What happened to a connection of a monitored socket.
package struct MonitorEvent: Hashable, Sendable {
    /// The kinds that are reported.
    package enum Kind: Hashable, Sendable {
        /// A listening socket has a new connection, before any handshake.
        case accepted
        /// A peer finished its handshake; messages may flow.
        case ready
        /// A connection was closed, by the peer or its kernel.
        case disconnected
        /// The handshake failed, for want of time, of the right mechanism, or of the right keys.
        case handshakeFailed
        /// The other end does not let this key in.
        case keyRefused
        /// One end wants encryption and the other one knows of none.
        case otherMechanism
    }

    /// What happened.
    package let kind: Kind
    /// The connection's descriptor, which ``Multipart/connection`` names too.
    ///
    /// Of a handshake that failed, libzmq's number for the reason instead.
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
    ///   - reportsAccepted: Whether connections are reported before their handshake.
    /// - Throws: ``ZeroMQError`` when the name is taken.
    package init(
        watching watched: borrowing Socket, name: String, reportsAccepted: Bool = false
    ) throws(ZeroMQError) {
        let endpoint = "inproc://monitor-\(name)"
        let failures =
            ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
            | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
        let events =
            ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | failures
            | (reportsAccepted ? ZMQ_EVENT_ACCEPTED : 0)
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
            case ZMQ_EVENT_ACCEPTED:
                return MonitorEvent(kind: .accepted, connection: connection)
            case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
            where connection == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH:
                return MonitorEvent(kind: .otherMechanism, connection: connection)
            case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
                return MonitorEvent(kind: .keyRefused, connection: connection)
            default:
                return MonitorEvent(kind: .handshakeFailed, connection: connection)
            }
        }
        return nil
    }
}
