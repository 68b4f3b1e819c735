internal import Dispatch
internal import Foundation
internal import Synchronization
package import WireProtocol
internal import ZeroMQ

/// Two listening sockets, owned by one thread.
package final class ZeroMQServer: ServerChannel {
    fileprivate struct Outgoing: Sendable {
        let message: EncodedMessage
        let peer: PeerID
        let lane: Lane
    }
    fileprivate struct Mail {
        var outgoing: [Outgoing] = []
        var isClosed = false
    }

    private let host: String
    private let ports: ServerPorts
    private let bell: WakeUp
    private let mail = Mutex(Mail())

    /// A server that does not listen yet.
    ///
    /// - Parameters:
    ///   - host: The address to listen on, such as `127.0.0.1` or `0.0.0.0`.
    ///   - ports: The ports; 0 lets the system choose.
    /// - Throws: An error when the process is out of file descriptors.
    package init(host: String, ports: ServerPorts) throws {
        self.host = host
        self.ports = ports
        bell = try WakeUp()
        _ = TransferMemory.isKept
    }

    package func start(
        deliver: @escaping @Sendable (ServerEvent) -> Void, hasRoom: @escaping @Sendable () -> Bool
    ) throws -> ServerPorts {
        let started = DispatchSemaphore(value: 0)
        let answer = Answer()
        let thread = Thread { [self] in
            do {
                let sockets = try ServerSockets(host: host, ports: ports)
                answer.give(.success(sockets.ports))
                started.signal()
                try run(sockets, deliver: deliver, hasRoom: hasRoom)
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
        let outgoing = Outgoing(
            message: try MessageCodec.encode(message, epoch: epoch), peer: peer, lane: lane)
        let isFirst = mail.withLock { mail in
            mail.outgoing.append(outgoing)
            return mail.outgoing.count == 1
        }
        if isFirst { bell.ring() }
    }

    package func close() {
        mail.withLock { $0.isClosed = true }
        bell.ring()
    }

    /// The life of the thread.
    private func run(
        _ sockets: consuming ServerSockets, deliver: (ServerEvent) -> Void, hasRoom: () -> Bool
    ) throws {
        var poller = Poller()
        let bellPlace = poller.add(bell)
        let controlPlace = poller.add(sockets.control)
        let dataPlace = poller.add(sockets.data)
        _ = poller.add(sockets.monitor)
        var connections: [Int32: PeerID] = [:]
        var blocked = BlockedMail()
        while true {
            let isReading = hasRoom()
            poller.watch(controlPlace, reading: isReading)
            poller.watch(dataPlace, reading: isReading)
            // A full connection or a full inbox is looked at again after a millisecond; otherwise
            // the bell and the sockets say when there is something to do.
            try poller.wait(milliseconds: blocked.isEmpty && isReading ? 1000 : 1)
            if poller.isReadable(bellPlace) { bell.hear() }
            try drain(sockets.monitor, &connections, deliver)
            if isReading {
                for _ in 0..<256 {
                    guard let parts = try sockets.control.receive(maximumParts: 4) else { break }
                    if let connection = parts.connection, let identifier = parts.frames.first {
                        let peer = PeerID(bytes: identifier.bytes)
                        if connections[connection] != peer {
                            // The number may have belonged to a connection that closed: hear of
                            // that first.
                            try drain(sockets.monitor, &connections, deliver)
                            connections[connection] = peer
                        }
                    }
                    Self.decode(parts, lane: .control, deliver)
                }
                for _ in 0..<32 {
                    guard let parts = try sockets.data.receive(maximumParts: 4) else { break }
                    Self.decode(parts, lane: .data, deliver)
                }
            }
            let (outgoing, isClosed) = mail.withLock { mail in
                defer { mail.outgoing = [] }
                return (mail.outgoing, mail.isClosed)
            }
            try blocked.retry { try sockets.send($0) }
            for message in outgoing { try blocked.send(message) { try sockets.send($0) } }
            if isClosed { return }
        }
    }

    private func drain(
        _ monitor: borrowing SocketMonitor, _ connections: inout [Int32: PeerID],
        _ deliver: (ServerEvent) -> Void
    ) throws {
        while let event = try monitor.next() {
            guard event.kind == .disconnected,
                let peer = connections.removeValue(forKey: event.connection),
                !connections.values.contains(peer)
            else { continue }
            deliver(.disconnected(peer))
        }
    }

    private static func decode(
        _ parts: Multipart, lane: Lane, _ deliver: (ServerEvent) -> Void
    ) {
        guard let identifier = parts.frames.first else { return }
        let peer = PeerID(bytes: identifier.bytes)
        do {
            guard !parts.isTruncated else { throw WireError.wrongPartCount(parts.frames.count) }
            deliver(
                .received(
                    try MessageCodec.decode(parts.frames.dropFirst()), from: peer, lane: lane))
        } catch let error as WireError {
            deliver(.malformed(error, from: peer, lane: lane))
        } catch {
            deliver(.failed("\(error)"))
        }
    }
}

/// The sockets of a server; only its thread has them.
private struct ServerSockets: ~Copyable {
    let control: Socket
    let data: Socket
    let monitor: SocketMonitor
    let ports: ServerPorts

    init(host: String, ports wanted: ServerPorts) throws {
        let context = try Context(maximumSockets: 1023)
        let control = try Socket(.router, in: context, options: .server(.control))
        let monitor = try SocketMonitor(watching: control, name: "control")
        let data = try Socket(.router, in: context, options: .server(.data))
        ports = ServerPorts(
            control: try Self.bind(control, host, wanted.control),
            data: try Self.bind(data, host, wanted.data))
        self.control = control
        self.monitor = monitor
        self.data = data
    }

    private static func bind(
        _ socket: borrowing Socket, _ host: String, _ port: Int
    ) throws -> Int {
        let endpoint = try socket.bind("tcp://\(host):\(port == 0 ? "*" : String(port))")
        guard let text = endpoint.split(separator: ":").last, let bound = Int(text) else {
            throw TransportError.noPort(endpoint)
        }
        return bound
    }

    /// - Returns: False when the connection is full.
    func send(_ outgoing: ZeroMQServer.Outgoing) throws -> Bool {
        do {
            switch outgoing.lane {
            case .control: try control.send(outgoing.message, to: outgoing.peer)
            case .data: try data.send(outgoing.message, to: outgoing.peer)
            }
            return true
        } catch let error where error.isWouldBlock {
            return false
        } catch let error where error.isUnreachable {
            return true  // The peer is gone; its leases will be too.
        }
    }
}

/// Messages that wait for a full connection, in order per connection.
private struct BlockedMail {
    private struct Address: Hashable {
        let peer: PeerID
        let lane: Lane
    }
    private var queues: [Address: [ZeroMQServer.Outgoing]] = [:]

    var isEmpty: Bool { queues.isEmpty }

    mutating func send(
        _ outgoing: ZeroMQServer.Outgoing, by attempt: (ZeroMQServer.Outgoing) throws -> Bool
    ) throws {
        let address = Address(peer: outgoing.peer, lane: outgoing.lane)
        if queues[address] != nil {
            queues[address]?.append(outgoing)
        } else if try !attempt(outgoing) {
            queues[address] = [outgoing]
        }
    }

    mutating func retry(by attempt: (ZeroMQServer.Outgoing) throws -> Bool) throws {
        for (address, queue) in queues {
            var sent = 0
            while sent < queue.count, try attempt(queue[sent]) { sent += 1 }
            queues[address] = sent == queue.count ? nil : Array(queue[sent...])
        }
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
