package import WireProtocol

/// Which of a worker's two connections a message takes.
package enum Lane: Hashable, Sendable {
    /// Small messages, heartbeats among them.
    case control
    /// Chunks; a heartbeat behind them would come too late.
    case data
    /// Questions and commands from this machine, over a socket that only its owner may open.
    case admin
    /// Questions and commands from elsewhere, with a key for admins.
    case remoteAdmin

    /// Whether a type of message may come to a coordinator this way.
    package func carries(_ type: MessageType) -> Bool {
        switch type {
        case .statusQuery, .adminCommand: self == .admin || self == .remoteAdmin
        case .paramsWant, .chunkGet, .chunk, .shardWant, .probe: self == .data
        default: self == .control
        }
    }
}

/// A peer that was not let in, or that was put out.
package struct RefusedPeer: Hashable, Sendable {
    /// A word for the event log, such as `revoked-key`.
    package let kind: String
    /// What was seen.
    package let text: String
    /// What to do about it.
    package let hint: String
    /// How often it happened since it was last reported, this time included.
    package let count: Int

    /// A refusal.
    package init(kind: String, text: String, hint: String, count: Int) {
        self.kind = kind
        self.text = text
        self.hint = hint
        self.count = count
    }
}

/// What a server hears.
package enum ServerEvent: Sendable {
    /// A message.
    case received(ReceivedMessage, from: PeerID, lane: Lane)
    /// Bytes that are not a message.
    case malformed(WireError, from: PeerID, lane: Lane)
    /// The control connection of a peer closed.
    case disconnected(PeerID)
    /// A peer was put out, and is not to be waited for.
    case dismissed(PeerID, reason: String)
    /// Someone was turned away.
    case refused(RefusedPeer)
    /// The server cannot go on.
    case failed(String)
}

extension ServerEvent {
    /// Whether a worker says that it lives, which must not wait behind what others compute.
    package var isHeartbeat: Bool {
        if case .received(let received, _, .control) = self,
            case .heartbeat = received.message
        {
            true
        } else {
            false
        }
    }

    /// The bytes that it keeps in memory beside itself.
    package var payloadBytes: Int {
        if case .received(let received, _, _) = self { received.payloadBytes } else { 0 }
    }
}

/// What a client hears.
package enum ClientEvent: Sendable {
    /// The connection stands.
    case connected(Lane)
    /// The connection closed; the channel tries to renew it.
    case disconnected(Lane)
    /// A message.
    case received(ReceivedMessage, lane: Lane)
    /// Bytes that are not a message.
    case malformed(WireError)
    /// The coordinator will never let this key in; what was seen, and what to do.
    case keyRefused(String)
    /// The client cannot go on.
    case failed(String)
}

/// The ports of a server.
package struct ServerPorts: Hashable, Codable, Sendable {
    /// What `--connect` names.
    package let control: Int
    /// What a welcome names.
    package let data: Int
    /// Where admins with a key connect; `nil` where only this machine may ask.
    package let admin: Int?

    /// The ports of a server.
    package init(control: Int, data: Int, admin: Int? = nil) {
        self.control = control
        self.data = data
        self.admin = admin
    }
}

/// The coordinator's end of the connections to its workers.
package protocol ServerChannel: Sendable {
    /// Starts to listen.
    ///
    /// - Parameters:
    ///   - deliver: Called from one thread, in the order of arrival per peer and lane.
    ///   - hasRoom: While false, nothing is read: back-pressure reaches the senders.
    /// - Returns: The ports, also where the system chose them.
    /// - Throws: An error when an address is taken.
    func start(
        deliver: @escaping @Sendable (ServerEvent) -> Void, hasRoom: @escaping @Sendable () -> Bool
    ) throws -> ServerPorts

    /// Queues a message; a peer that is gone gets none.
    ///
    /// - Throws: ``WireError`` when the message exceeds its limits.
    func send(_ message: Message, epoch: UInt32, to peer: PeerID, lane: Lane) throws(WireError)

    /// Puts a peer out for good: its connections are cut, and it is not let in again.
    func bar(_ peer: PeerID, reason: String)

    /// Ends all connections, after what is queued has left or a short time has passed.
    func close()
}

/// A worker's end of its connections to the coordinator.
package protocol ClientChannel: Sendable {
    /// Starts to connect the control lane.
    ///
    /// - Parameter deliver: Called from one thread, in the order of arrival per lane.
    /// - Throws: An error when the address cannot be one.
    func start(deliver: @escaping @Sendable (ClientEvent) -> Void) throws

    /// Connects the data lane, unless it is connected to this port.
    func openData(port: Int)

    /// Queues a message; what is queued when a connection closes is lost.
    ///
    /// - Throws: ``WireError`` when the message exceeds its limits.
    func send(_ message: Message, epoch: UInt32, lane: Lane) throws(WireError)

    /// Drops both connections, and makes a new control connection after a pause.
    func reconnect(after pause: Duration)

    /// Ends both connections, after what is queued has left or a short time has passed.
    func close()
}
