internal import CWireBytes
internal import Dispatch
internal import Foundation
internal import Synchronization
package import WireProtocol
internal import ZeroMQ

/// Listening sockets for workers and admins, owned by one thread.
package final class ZeroMQServer: ServerChannel {
    private struct Mail {
        var outgoing: [BlockedMail.Outgoing] = []
        var barred: [(peer: PeerID, reason: String)] = []
        var isClosed = false
    }

    private let host: String
    private let ports: ServerPorts
    private let protection: ServerProtection
    private let adminSocket: String?
    private let bell: WakeUp
    private let mail = Mutex(Mail())

    /// A server that does not listen yet.
    ///
    /// - Parameters:
    ///   - host: The address to listen on, such as `127.0.0.1` or `0.0.0.0`.
    ///   - ports: The ports; 0 lets the system choose.
    ///   - protection: What keeps strangers away.
    ///   - adminSocket: The path of the socket for admins on this machine; `nil` for none.
    /// - Throws: An error when the process is out of file descriptors.
    package init(
        host: String, ports: ServerPorts, protection: ServerProtection = .loopback,
        adminSocket: String? = nil
    ) throws {
        self.host = host
        self.ports = ports
        self.protection = protection
        self.adminSocket = adminSocket
        bell = try WakeUp()
        _ = TransferMemory.isKept
        _ = voxelnas_allow_descriptors()
    }

    package func start(
        deliver: @escaping @Sendable (ServerEvent) -> Void, hasRoom: @escaping @Sendable () -> Bool
    ) throws -> ServerPorts {
        if case .loopback = protection, !ServerProtection.isLoopback(host) {
            throw TransportError.unprotected(host: host)
        }
        let started = DispatchSemaphore(value: 0)
        let answer = Answer()
        let thread = Thread { [self] in
            do {
                let loop = try ServerLoop(
                    host: host, ports: ports, protection: protection, adminSocket: adminSocket,
                    bell: bell, deliver: deliver)
                answer.give(.success(loop.ports))
                started.signal()
                try loop.run(hasRoom: hasRoom) {
                    mail.withLock { mail in
                        defer {
                            mail.outgoing = []
                            mail.barred = []
                        }
                        return (mail.outgoing, mail.barred, mail.isClosed)
                    }
                }
            } catch {
                if !answer.give(.failure(error)) { deliver(.failed("\(error)")) }
                started.signal()
            }
        }
        thread.name = "voxelnas-server"
        thread.start()
        started.wait()
        return try answer.take()
    }

    package func send(
        _ message: Message, epoch: UInt32, to peer: PeerID, lane: Lane
    ) throws(WireError) {
        let outgoing = BlockedMail.Outgoing(
            message: try MessageCodec.encode(message, epoch: epoch), peer: peer, lane: lane)
        let isFirst = mail.withLock { mail in
            mail.outgoing.append(outgoing)
            return mail.outgoing.count == 1
        }
        if isFirst { bell.ring() }
    }

    package func bar(_ peer: PeerID, reason: String) {
        mail.withLock { $0.barred.append((peer, reason)) }
        bell.ring()
    }

    package func close() {
        mail.withLock { $0.isClosed = true }
        bell.ring()
    }
}

/// What a thread found at its start, for the one that started it.
private final class Answer: Sendable {
    private let result = Mutex<Result<ServerPorts, any Error>?>(nil)

    /// - Returns: Whether this was the first answer.
    @discardableResult
    func give(_ answer: Result<ServerPorts, any Error>) -> Bool {
        result.withLock { result in
            guard result == nil else { return false }
            result = answer
            return true
        }
    }

    func take() throws -> ServerPorts {
        guard let result = result.withLock({ $0 }) else { throw TransportError.notStarted }
        return try result.get()
    }
}
