package import WireProtocol

/// Which of a worker's two connections a message takes.
package enum Lane: Hashable, Sendable {
    /// Small messages, heartbeats among them.
    case control
    /// Chunks; a heartbeat behind them would come too late.
    case data
}

/// What a server hears.
package enum ServerEvent: Sendable {
    /// A message.
    case received(ReceivedMessage, from: PeerID, lane: Lane)
    /// Bytes that are not a message.
    case malformed(WireError, from: PeerID, lane: Lane)
    /// The control connection of a peer closed.
    case disconnected(PeerID)
    /// The server cannot go on.
    case failed(String)
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
    /// The client cannot go on.
    case failed(String)
}

/// The ports of a server.
package struct ServerPorts: Hashable, Codable, Sendable {
    /// What `--connect` names.
    package let control: Int
    /// What a welcome names.
    package let data: Int

    /// Two ports.
    package init(control: Int, data: Int) {
        self.control = control
        self.data = data
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
