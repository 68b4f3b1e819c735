import Foundation
import Identities
import Synchronization
import Testing
import Transport
import WireProtocol

@Suite("A server with keys", .serialized, .timeLimit(.minutes(1)))
struct KeyTests {
    /// A server on loopback with a folder of keys, and what it heard.
    private final class House: Sendable {
        let folder: KeyFolder
        let server: ZeroMQServer
        let ports: ServerPorts
        let events = Mutex<[ServerEvent]>([])

        init() throws {
            let path = NSTemporaryDirectory() + "house-\(UInt64.random(in: 0 ... .max))"
            folder = KeyFolder(path: path)
            _ = try folder.issue("ann", role: .worker)
            _ = try folder.issue("eve", role: .worker)
            _ = try folder.issue("root", role: .admin)
            server = try ZeroMQServer(
                host: "127.0.0.1", ports: ServerPorts(control: 0, data: 0, admin: 0),
                protection: .keys(folder, guests: []))
            let inbox = Inbox<ServerEvent>()
            ports = try server.start(deliver: { inbox.push($0) }, hasRoom: { true })
            let server = server
            let thread = Thread { [weak self] in
                while let self {
                    for event in inbox.take(within: .milliseconds(50)) {
                        self.events.withLock { $0.append(event) }
                        // Whoever greets is answered, as a coordinator would.
                        guard case .received(let received, let peer, let lane) = event else {
                            continue
                        }
                        if case .hello = received.message {
                            let ack = HeartbeatAck(sequence: 7, round: 0)
                            try? server.send(.heartbeatAck(ack), epoch: 1, to: peer, lane: lane)
                        }
                        if case .statusQuery = received.message {
                            let reply = StatusReply(what: "status", text: "{}")
                            try? server.send(.statusReply(reply), epoch: 1, to: peer, lane: lane)
                        }
                    }
                }
            }
            thread.start()
        }

        deinit {
            server.close()
            try? FileManager.default.removeItem(atPath: folder.path)
        }

        func key(_ name: String) throws -> KeyFile {
            try KeyFile(contentsOf: folder.keyPath(of: name))
        }

        /// Whether one of some kinds of refusal is reported within a few seconds.
        func reports(_ kinds: String...) -> Bool {
            let end = ContinuousClock.now + .seconds(8)
            while ContinuousClock.now < end {
                if !Set(refusals()).isDisjoint(with: kinds) { return true }
                usleep(10_000)
            }
            return false
        }

        func refusals() -> [String] {
            events.withLock { events in
                events.compactMap { if case .refused(let peer) = $0 { peer.kind } else { nil } }
            }
        }
    }

    /// A worker's end, and what it heard.
    private struct Guest {
        let client: ZeroMQClient
        let inbox = Inbox<ClientEvent>()

        init(_ house: House, key: KeyFile?, nonce: UInt64, name: String) throws {
            client = try ZeroMQClient(
                connectingTo: CoordinatorAddress("127.0.0.1:\(house.ports.control)"),
                as: PeerID(bootNonce: nonce), key: key)
            let inbox = inbox
            try client.start { inbox.push($0) }
            try greet(as: name, nonce: nonce)
        }

        func greet(as name: String, nonce: UInt64) throws {
            let hello = Hello(workerName: name, bootNonce: nonce, cores: 1, slots: 1, prefetch: 0)
            try client.send(.hello(hello), epoch: 0, lane: .control)
        }

        /// What `find` makes of the events of the next seconds.
        func hear<Result>(_ find: (ClientEvent) -> Result?) -> Result? {
            let end = ContinuousClock.now + .seconds(8)
            while ContinuousClock.now < end {
                for event in inbox.take(within: .milliseconds(50)) {
                    if let result = find(event) { return result }
                }
            }
            return nil
        }

        func isAnswered() -> Bool {
            hear { event in
                if case .received(let received, _) = event,
                    case .heartbeatAck = received.message
                {
                    return true
                }
                return nil
            } ?? false
        }

        func rejection() -> Reject? {
            hear { event in
                if case .received(let received, _) = event,
                    case .reject(let reject) = received.message
                {
                    return reject
                }
                return nil
            }
        }

        func refusal() -> String? {
            hear { if case .keyRefused(let text) = $0 { text } else { nil } }
        }
    }

    @Test("answers a worker whose key is on its list")
    func allowed() throws {
        let house = try House()
        let guest = try Guest(house, key: house.key("ann"), nonce: 1, name: "ann")
        #expect(guest.isAnswered())
        #expect(house.refusals().isEmpty)
        guest.client.close()
    }

    @Test("refuses a peer without a key")
    func noKey() throws {
        let house = try House()
        let guest = try Guest(house, key: nil, nonce: 1, name: "ann")
        // Whoever sees first that the mechanisms differ hangs up.
        #expect(house.reports("no-key", "handshake"))
        #expect(
            !house.events.withLock { events in
                events.contains { if case .received = $0 { true } else { false } }
            })
        guest.client.close()
    }

    @Test("refuses a key that nobody was issued, and one that was revoked before")
    func wrongKey() throws {
        let house = try House()
        let forged = KeyFile(
            name: "ann", role: .worker, keys: try KeyFolder.generate(),
            coordinator: try house.key("ann").coordinator)
        let stranger = try Guest(house, key: forged, nonce: 1, name: "ann")
        #expect(stranger.refusal()?.contains("keys issue") == true)
        let eve = try house.key("eve")
        try house.folder.revoke("eve")
        let revoked = try Guest(house, key: eve, nonce: 2, name: "eve")
        #expect(revoked.refusal() != nil)
        #expect(house.reports("unknown-key"))
        #expect(house.reports("revoked-key"))
        stranger.client.close()
        revoked.client.close()
    }

    @Test("cuts a live peer off when its key is revoked")
    func revocation() throws {
        let house = try House()
        let guest = try Guest(house, key: house.key("ann"), nonce: 1, name: "ann")
        #expect(guest.isAnswered())
        try house.folder.revoke("ann")
        let reject = guest.rejection()
        #expect(reject?.code == .evicted)
        #expect(reject?.text.contains("revoked") == true)
        #expect(guest.refusal() != nil, "its connection is cut, and it is not let in again")
        #expect(
            house.events.withLock { events in
                events.contains { if case .dismissed = $0 { true } else { false } }
            })
        guest.client.close()
    }

    @Test("gives a stolen address back to its owner")
    func theft() throws {
        let house = try House()
        let ann = try Guest(house, key: house.key("ann"), nonce: 1, name: "ann")
        #expect(ann.isAnswered())
        let thief = try Guest(house, key: house.key("eve"), nonce: 1, name: "ann")
        #expect(thief.rejection()?.code == .identity)
        #expect(house.reports("identity-theft"))
        #expect(thief.refusal() != nil, "the thief's key is barred")
        // The owner's connection was cut with the thief's, and libzmq makes it anew.
        #expect(ann.hear { if case .connected = $0 { true } else { nil } } == true)
        try ann.greet(as: "ann", nonce: 1)
        #expect(ann.isAnswered())
        ann.client.close()
        thief.client.close()
    }

    @Test("holds a worker to the name of its key")
    func otherName() throws {
        let house = try House()
        let guest = try Guest(house, key: house.key("eve"), nonce: 1, name: "ann")
        let reject = guest.rejection()
        #expect(reject?.code == .identity)
        #expect(reject?.text.contains("'ann'") == true && reject?.text.contains("'eve'") == true)
        #expect(house.reports("other-name"))
        guest.client.close()
    }

    @Test("takes commands from admins' keys and from no worker's")
    func admins() async throws {
        let house = try House()
        let address = try CoordinatorAddress("127.0.0.1:\(house.ports.admin ?? 0)")
        let query = Message.statusQuery(StatusQuery())
        let answer = try await AdminClient(.remote(address, house.key("root"))).answer(to: query)
        #expect(answer == .statusReply(StatusReply(what: "status", text: "{}")))
        let worker = try house.key("ann")
        await #expect(throws: TransportError.self) {
            try await AdminClient(.remote(address, worker)).answer(to: query)
        }
        #expect(house.reports("other-role"))
        // Nor over the connection that it has.
        let guest = try Guest(house, key: worker, nonce: 1, name: "ann")
        #expect(guest.isAnswered())
        try guest.client.send(.adminCommand(AdminCommand(.stop)), epoch: 0, lane: .control)
        #expect(guest.rejection()?.text.contains("'ann'") == true)
        let heard = house.events.withLock { events in
            events.contains { event in
                if case .received(let received, _, _) = event,
                    case .adminCommand = received.message
                {
                    return true
                }
                return false
            }
        }
        #expect(!heard)
        guest.client.close()
    }
}
