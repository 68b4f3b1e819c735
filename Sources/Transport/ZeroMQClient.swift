internal import Foundation
package import Identities
internal import Synchronization
package import WireProtocol
package import ZeroMQ

/// Up to two outbound connections to a coordinator, owned by one thread.
package final class ZeroMQClient: ClientChannel {
    fileprivate enum Command: Sendable {
        case send(EncodedMessage, Lane)
        case openData(port: Int)
        case reconnect(after: Duration)
        case close
    }

    private let address: CoordinatorAddress
    private let peer: PeerID
    private let key: KeyFile?
    private let context: Context?
    private let bell: WakeUp
    private let commands = Mutex<[Command]>([])
    private let port = Mutex<Int?>(nil)

    /// The port of the data lane, once the coordinator has told it.
    package var dataPort: Int? { port.withLock { $0 } }

    /// A client that does not connect yet.
    ///
    /// - Parameters:
    ///   - address: Where the coordinator listens.
    ///   - peer: The routing identifier of both connections.
    ///   - key: The key to connect with; `nil` for a coordinator without keys.
    ///   - context: I/O threads to share with other clients; its own by default.
    /// - Throws: An error when the process is out of file descriptors.
    package init(
        connectingTo address: CoordinatorAddress, as peer: PeerID, key: KeyFile? = nil,
        context: Context? = nil
    ) throws {
        self.address = address
        self.peer = peer
        self.key = key
        self.context = context
        bell = try WakeUp()
        _ = TransferMemory.isKept
    }

    package func start(deliver: @escaping @Sendable (ClientEvent) -> Void) throws {
        let thread = Thread { [self] in
            do {
                let loop = try ClientLoop(
                    address: address, peer: peer, key: key, context: context, bell: bell)
                try loop.run(deliver: deliver) {
                    commands.withLock { commands in
                        defer { commands = [] }
                        return commands
                    }
                }
            } catch {
                deliver(.failed("\(error)"))
            }
        }
        thread.name = "voxelnas-client"
        thread.start()
    }

    package func openData(port: Int) {
        self.port.withLock { $0 = port }
        post(.openData(port: port))
    }

    package func send(_ message: Message, epoch: UInt32, lane: Lane) throws(WireError) {
        post(.send(try MessageCodec.encode(message, epoch: epoch), lane))
    }

    package func reconnect(after pause: Duration) { post(.reconnect(after: pause)) }

    package func close() { post(.close) }

    private func post(_ command: Command) {
        let isFirst = commands.withLock { commands in
            commands.append(command)
            return commands.count == 1
        }
        if isFirst { bell.ring() }
    }
}

/// A connection with its queue; only the client's thread has it.
private final class Link {
    let lane: Lane
    let port: Int
    let socket: Socket
    let monitor: SocketMonitor
    var place = 0
    var monitorPlace = 0
    private var queue: [EncodedMessage] = []

    init(
        _ lane: Lane, to host: String, port: Int, as peer: PeerID, key: KeyFile?,
        context: Context, number: Int
    ) throws {
        self.lane = lane
        self.port = port
        let options = SocketOptions.client(
            lane, peer: peer, linger: lane == .control ? 2000 : 0, security: key?.security)
        socket = try Socket(.dealer, in: context, options: options)
        monitor = try SocketMonitor(watching: socket, name: "\(peer)-\(lane)-\(number)")
        try socket.connect("tcp://\(host):\(port)")
    }

    var isBlocked: Bool { !queue.isEmpty }

    func send(_ message: EncodedMessage) throws {
        guard queue.isEmpty, try attempt(message) else {
            queue.append(message)
            return
        }
    }

    func flush() throws {
        var sent = 0
        while sent < queue.count, try attempt(queue[sent]) { sent += 1 }
        queue.removeFirst(sent)
    }

    /// What was meant for a connection that is gone.
    func clear() { queue = [] }

    private func attempt(_ message: EncodedMessage) throws -> Bool {
        do {
            try socket.send(message)
            return true
        } catch let error where error.isWouldBlock {
            return false
        }
    }
}

/// The life of a client's thread.
private final class ClientLoop {
    private let address: CoordinatorAddress
    private let peer: PeerID
    private let key: KeyFile?
    private let bell: WakeUp
    private let context: Context
    private var links: [Link] = []
    private var poller = Poller()
    private var linkNumber = 0
    private var connectAt: ContinuousClock.Instant?

    init(
        address: CoordinatorAddress, peer: PeerID, key: KeyFile?, context: Context?, bell: WakeUp
    ) throws {
        self.address = address
        self.peer = peer
        self.key = key
        self.bell = bell
        self.context = try context ?? Context()
        try open(.control, port: address.port)
    }

    func run(
        deliver: (ClientEvent) -> Void, commands: () -> [ZeroMQClient.Command]
    ) throws {
        while true {
            for link in links { poller.watch(link.place, writing: link.isBlocked) }
            try poller.wait(milliseconds: patience())
            bell.hear()
            for link in links {
                try watch(link, deliver)
                try link.flush()
                try receive(link, deliver)
            }
            for command in commands() {
                switch command {
                case .send(let message, let lane):
                    // Without a connection the message is lost, as it is when one breaks.
                    try links.first { $0.lane == lane }?.send(message)
                case .openData(let port):
                    if links.contains(where: { $0.lane == .data && $0.port == port }) { continue }
                    links.removeAll { $0.lane == .data }
                    try open(.data, port: port)
                case .reconnect(let pause):
                    links = []
                    watchLinks()
                    connectAt = .now + pause
                case .close: return
                }
            }
            if let time = connectAt, time <= .now {
                connectAt = nil
                try open(.control, port: address.port)
            }
        }
    }

    private func patience() -> Int {
        guard let connectAt else { return 1000 }
        let (seconds, attoseconds) = (connectAt - .now).components
        return max(0, min(1000, Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000) + 1))
    }

    private func open(_ lane: Lane, port: Int) throws {
        linkNumber += 1
        links.append(
            try Link(
                lane, to: address.host, port: port, as: peer, key: key, context: context,
                number: linkNumber))
        watchLinks()
    }

    private func watchLinks() {
        poller = Poller()
        _ = poller.add(bell)
        for link in links {
            link.place = poller.add(link.socket)
            link.monitorPlace = poller.add(link.monitor)
        }
    }

    private func watch(_ link: Link, _ deliver: (ClientEvent) -> Void) throws {
        while let event = try link.monitor.next() {
            switch event.kind {
            case .ready: deliver(.connected(link.lane))
            case .disconnected:
                link.clear()
                deliver(.disconnected(link.lane))
            case .keyRefused, .otherMechanism:
                deliver(.keyRefused(HandshakeFailure.text(event.kind, at: address, key: key)))
            case .handshakeFailed, .accepted: break
            }
        }
    }

    private func receive(_ link: Link, _ deliver: (ClientEvent) -> Void) throws {
        for _ in 0..<64 {
            guard let parts = try link.socket.receive(maximumParts: 3) else { return }
            do {
                guard !parts.isTruncated else { throw WireError.wrongPartCount(parts.frames.count) }
                deliver(.received(try MessageCodec.decode(parts.frames), lane: link.lane))
            } catch let error as WireError {
                deliver(.malformed(error))
            }
        }
    }
}
