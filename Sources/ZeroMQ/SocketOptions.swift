internal import CZeroMQ

/// How a socket behaves; `nil` and `false` leave libzmq's default.
package struct SocketOptions: Hashable, Sendable {
    /// The largest accepted part, in bytes; a peer that sends more is disconnected.
    package var maximumPartBytes: Int64?
    /// Which of the context's I/O threads serves the connections; `nil` for any.
    package var ioThread: Int?
    /// Messages queued per connection, in each direction.
    package var highWaterMark: Int32?
    /// Messages that wait to be read per connection, where that is fewer.
    package var receivingHighWaterMark: Int32?
    /// Encryption and identity; `nil` for neither.
    package var security: SocketSecurity?
    /// How long unsent messages survive closing, in milliseconds.
    package var lingerMilliseconds: Int32 = 0
    /// The identifier that routers see, up to 255 bytes, not starting with 0.
    package var routingID: [UInt8]?
    /// Router: sending to an unknown peer is an error rather than silence.
    package var isMandatory = false
    /// Router: a new connection of a known identifier replaces the old one.
    package var allowsHandover = false
    /// Queue only on established connections.
    package var isImmediate = false
    /// Pending connections.
    package var backlog: Int32?
    /// Limit on the handshake, in milliseconds.
    package var handshakeMilliseconds: Int32?
    /// First and longest pause between attempts to reconnect, in milliseconds.
    package var reconnectMilliseconds: (first: Int32, longest: Int32)? {
        get { reconnect.map { ($0.first, $0.longest) } }
        set { reconnect = newValue.map { Reconnect(first: $0.first, longest: $0.longest) } }
    }
    /// The kernel probes idle connections: after 60 s, every 10 s, three times.
    package var usesKeepAlive = false
    /// ZeroMQ's own heartbeats: interval, time-out, and how long the peer may wait.
    package var heartbeatMilliseconds: (interval: Int32, timeout: Int32, timeToLive: Int32)? {
        get { heartbeat.map { ($0.interval, $0.timeout, $0.timeToLive) } }
        set {
            heartbeat = newValue.map {
                Heartbeat(interval: $0.interval, timeout: $0.timeout, timeToLive: $0.timeToLive)
            }
        }
    }

    private struct Reconnect: Hashable, Sendable {
        let first: Int32
        let longest: Int32
    }
    private struct Heartbeat: Hashable, Sendable {
        let interval: Int32
        let timeout: Int32
        let timeToLive: Int32
    }
    private var reconnect: Reconnect?
    private var heartbeat: Heartbeat?

    /// libzmq's defaults, with nothing lingering.
    package init() {}

    /// The integer options as libzmq names them.
    var integers: [(name: Int32, value: Int32)] {
        var list: [(Int32, Int32)] = [(ZMQ_LINGER, lingerMilliseconds)]
        if let highWaterMark {
            list += [(ZMQ_SNDHWM, highWaterMark), (ZMQ_RCVHWM, highWaterMark)]
        }
        if let receivingHighWaterMark { list.append((ZMQ_RCVHWM, receivingHighWaterMark)) }
        if case .listening = security { list.append((ZMQ_CURVE_SERVER, 1)) }
        if isMandatory { list.append((ZMQ_ROUTER_MANDATORY, 1)) }
        if allowsHandover { list.append((ZMQ_ROUTER_HANDOVER, 1)) }
        if isImmediate { list.append((ZMQ_IMMEDIATE, 1)) }
        if let backlog { list.append((ZMQ_BACKLOG, backlog)) }
        if let handshakeMilliseconds { list.append((ZMQ_HANDSHAKE_IVL, handshakeMilliseconds)) }
        if let reconnect {
            list += [
                (ZMQ_RECONNECT_IVL, reconnect.first), (ZMQ_RECONNECT_IVL_MAX, reconnect.longest),
            ]
        }
        if usesKeepAlive {
            list += [
                (ZMQ_TCP_KEEPALIVE, 1), (ZMQ_TCP_KEEPALIVE_IDLE, 60),
                (ZMQ_TCP_KEEPALIVE_INTVL, 10), (ZMQ_TCP_KEEPALIVE_CNT, 3),
            ]
        }
        if let heartbeat {
            list += [
                (ZMQ_HEARTBEAT_IVL, heartbeat.interval),
                (ZMQ_HEARTBEAT_TIMEOUT, heartbeat.timeout),
                (ZMQ_HEARTBEAT_TTL, heartbeat.timeToLive),
            ]
        }
        return list
    }
}
