internal import Identities
internal import WireProtocol
internal import ZeroMQ

/// A listening socket with the connections that came through it; only the server's thread has it.
final class Door {
    /// An established connection, by its descriptor.
    struct Connection {
        let peer: PeerID
        let key: String?
        /// Greetings since a time.
        var greetings: (count: Int, since: ContinuousClock.Instant)?
    }

    let lane: Lane
    let socket: Socket
    let monitor: SocketMonitor
    let isSecured: Bool
    let port: Int
    var place = 0
    var connections: [Int32: Connection] = [:]
    /// Connections to cut, and when: after the reason has had time to leave.
    var doomed: [Int32: ContinuousClock.Instant] = [:]

    /// What keys are for here.
    var role: KeyRole { lane == .control || lane == .data ? .worker : .admin }

    /// Binds to an endpoint.
    init(_ lane: Lane, at endpoint: String, secretKey: String?, in context: Context) throws {
        self.lane = lane
        isSecured = secretKey != nil
        let role: KeyRole = lane == .control || lane == .data ? .worker : .admin
        let security = secretKey.map {
            SocketSecurity.listening(secretKey: $0, domain: role.rawValue)
        }
        socket = try Socket(.router, in: context, options: .server(lane, security: security))
        monitor = try SocketMonitor(
            watching: socket, name: "\(lane)", reportsAccepted: true)
        let bound = try socket.bind(endpoint)
        guard endpoint.hasPrefix("tcp:") else {
            port = 0
            return
        }
        guard let text = bound.split(separator: ":").last, let number = Int(text) else {
            throw TransportError.noPort(bound)
        }
        port = number
    }
}
