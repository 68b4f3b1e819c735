internal import Synchronization
package import WireProtocol

/// A coordinator's end without a network, for tests and for workers in the same process.
///
/// Messages pass through the codec, so that their bytes and limits are the network's.
package final class InProcessServer: ServerChannel {
    private struct State {
        var deliver: (@Sendable (ServerEvent) -> Void)?
        var clients: [PeerID: InProcessClient] = [:]
    }
    private let state = Mutex(State())

    /// A server without clients.
    package init() {}

    package func start(
        deliver: @escaping @Sendable (ServerEvent) -> Void, hasRoom: @escaping @Sendable () -> Bool
    ) throws -> ServerPorts {
        let waiting = state.withLock { state in
            state.deliver = deliver
            return Array(state.clients.values)
        }
        for client in waiting { client.hear(.connected(.control)) }
        return ServerPorts(control: 1, data: 2)
    }

    package func send(
        _ message: Message, epoch: UInt32, to peer: PeerID, lane: Lane
    ) throws(WireError) {
        let received = try message.passedThroughCodec(epoch: epoch)
        state.withLock { $0.clients[peer] }?.hear(.received(received, lane: lane))
    }

    package func bar(_ peer: PeerID, reason: String) {
        state.withLock { $0.clients.removeValue(forKey: peer) }?.hear(.disconnected(.control))
    }

    package func close() {
        let clients = state.withLock { state in
            state.deliver = nil
            return Array(state.clients.values)
        }
        for client in clients { client.hear(.disconnected(.control)) }
    }

    fileprivate func attach(_ client: InProcessClient) -> Bool {
        state.withLock { state in
            state.clients[client.peer] = client
            return state.deliver != nil
        }
    }

    fileprivate func detach(_ client: InProcessClient) {
        let deliver = state.withLock { state in
            state.clients.removeValue(forKey: client.peer) == nil ? nil : state.deliver
        }
        deliver?(.disconnected(client.peer))
    }

    fileprivate func hear(_ event: ServerEvent) {
        state.withLock { $0.deliver }?(event)
    }
}

/// A worker's end without a network.
package final class InProcessClient: ClientChannel {
    fileprivate let peer: PeerID
    private let server: InProcessServer
    private let deliver = Mutex<(@Sendable (ClientEvent) -> Void)?>(nil)

    /// A client that is not connected yet.
    package init(connectingTo server: InProcessServer, as peer: PeerID) {
        self.server = server
        self.peer = peer
    }

    package func start(deliver: @escaping @Sendable (ClientEvent) -> Void) throws {
        self.deliver.withLock { $0 = deliver }
        if server.attach(self) { deliver(.connected(.control)) }
    }

    package func openData(port: Int) { hear(.connected(.data)) }

    package func send(_ message: Message, epoch: UInt32, lane: Lane) throws(WireError) {
        let received = try message.passedThroughCodec(epoch: epoch)
        guard deliver.withLock({ $0 != nil }) else { return }
        server.hear(.received(received, from: peer, lane: lane))
    }

    package func reconnect(after pause: Duration) {
        if server.attach(self) { hear(.connected(.control)) }
    }

    package func close() { cut() }

    /// Ends the connection at once, as the end of the process would.
    package func cut() {
        deliver.withLock { $0 = nil }
        server.detach(self)
    }

    fileprivate func hear(_ event: ClientEvent) {
        deliver.withLock { $0 }?(event)
    }
}

extension Message {
    fileprivate func passedThroughCodec(epoch: UInt32) throws(WireError) -> ReceivedMessage {
        let parts = try MessageCodec.encode(self, epoch: epoch)
        return try MessageCodec.decode(
            header: parts.header, fields: parts.fields, payload: parts.payload)
    }
}
