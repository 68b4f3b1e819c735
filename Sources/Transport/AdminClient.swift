internal import Foundation
package import Identities
package import WireProtocol
internal import ZeroMQ

/// Where a coordinator takes questions and commands.
package enum AdminAddress: Hashable, Sendable, CustomStringConvertible {
    /// The path of its socket on this machine.
    case local(String)
    /// The admin port of another machine, with a key for admins.
    case remote(CoordinatorAddress, KeyFile)

    package var description: String {
        switch self {
        case .local(let path): path
        case .remote(let address, _): address.description
        }
    }
}

/// Asks a coordinator one thing, without joining the run.
package struct AdminClient: Sendable {
    private let address: AdminAddress

    /// A client of a coordinator.
    package init(_ address: AdminAddress) {
        self.address = address
    }

    /// Sends a message and waits for the answer.
    ///
    /// - Throws: ``TransportError`` when nobody answers in time, or the key is refused.
    package func answer(
        to message: Message, within limit: Duration = .seconds(5)
    ) async throws -> Message {
        try await withCheckedThrowingContinuation { continuation in
            let thread = Thread { [address] in
                continuation.resume(
                    with: Result { try Self.ask(message, at: address, within: limit) })
            }
            thread.name = "voxelnas-admin"
            thread.start()
        }
    }

    private static func ask(
        _ message: Message, at address: AdminAddress, within limit: Duration
    ) throws -> Message {
        let nonce = String(UInt64.random(in: .min ... .max), radix: 16)
        let peer = PeerID(bytes: Array("q\(nonce)".utf8))
        let context = try Context()
        let (endpoint, key): (String, KeyFile?) =
            switch address {
            case .local(let path): ("ipc://\(path)", nil)
            case .remote(let address, let key): ("tcp://\(address)", key)
            }
        let socket = try Socket(
            .dealer, in: context,
            options: .client(.admin, peer: peer, linger: 0, security: key?.security))
        let monitor = try SocketMonitor(watching: socket, name: "admin")
        try socket.connect(endpoint)
        var poller = Poller()
        let place = poller.add(socket)
        _ = poller.add(monitor)
        let end = ContinuousClock.now + limit
        let question = try MessageCodec.encode(message, epoch: 0)
        var isSent = false
        while ContinuousClock.now < end {
            poller.watch(place, reading: true, writing: !isSent)
            try poller.wait(milliseconds: 50)
            while let event = try monitor.next() {
                guard event.kind == .keyRefused || event.kind == .otherMechanism else { continue }
                throw TransportError.keyRefused(
                    HandshakeFailure.text(event.kind, at: address, key: key))
            }
            if !isSent {
                do throws(ZeroMQError) {
                    try socket.send(question)
                    isSent = true
                } catch {
                    guard error.isWouldBlock else { throw error }
                }
            }
            if let parts = try socket.receive(maximumParts: 3), !parts.isTruncated {
                return try MessageCodec.decode(parts.frames).message
            }
        }
        throw TransportError.noAnswer(
            address.description, seconds: Int(limit.components.seconds))
    }
}
