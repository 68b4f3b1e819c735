internal import CWireBytes
internal import Foundation
internal import Identities
internal import ProcessMeters
internal import WireProtocol
internal import ZeroMQ

/// The life of a server's thread: reads, writes, and keeps out who does not belong.
final class ServerLoop {
    let ports: ServerPorts

    private let bell: WakeUp
    private let deliver: (ServerEvent) -> Void
    private let gate: Gatehouse?
    private let doors: [Door]
    private var poller = Poller()
    private var bellPlace = 0
    private var blocked = BlockedMail()
    private var hoards = HoardGuard()
    private var looksForHoardsAt = ContinuousClock.now
    private var isCaughtUp = true
    private var refusals = RefusalCounter()
    private var barred: [PeerID: String] = [:]

    /// How long a peer that is put out may take to hear why.
    private static let farewell = Duration.milliseconds(200)
    /// Greetings over one connection in a second; honest workers repeat theirs after 2 s.
    private static let greetingLimit = 8
    private static let hoardInterval = Duration.milliseconds(4)

    init(
        host: String, ports wanted: ServerPorts, protection: ServerProtection,
        adminSocket: String?, bell: WakeUp, deliver: @escaping (ServerEvent) -> Void
    ) throws {
        self.bell = bell
        self.deliver = deliver
        let context = try Context(maximumSockets: 1023, ioThreads: 2)
        if case .keys(let folder, let guests) = protection {
            gate = try Gatehouse(folder, guests: guests, in: context)
        } else {
            gate = nil
        }
        func endpoint(_ port: Int) -> String { "tcp://\(host):\(port == 0 ? "*" : String(port))" }
        let secret = gate?.secretKey
        let control = try Door(
            .control, at: endpoint(wanted.control), secretKey: secret, in: context)
        let data = try Door(.data, at: endpoint(wanted.data), secretKey: secret, in: context)
        var doors = [control, data]
        if let secret, let port = wanted.admin {
            doors.append(
                try Door(.remoteAdmin, at: endpoint(port), secretKey: secret, in: context))
        }
        if let adminSocket {
            doors.append(
                try Door(.admin, at: "ipc://\(adminSocket)", secretKey: nil, in: context))
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o600], ofItemAtPath: adminSocket)
        }
        ports = ServerPorts(
            control: control.port, data: data.port,
            admin: doors.first { $0.lane == .remoteAdmin }?.port)
        self.doors = doors
        bellPlace = poller.add(bell)
        for door in doors {
            door.place = poller.add(door.socket)
            _ = poller.add(door.monitor)
        }
        if let gate { _ = poller.add(gate.authenticator) }
    }

    /// Serves until it is closed.
    func run(
        hasRoom: () -> Bool,
        takeMail: () -> ([BlockedMail.Outgoing], [(peer: PeerID, reason: String)], Bool)
    ) throws {
        while true {
            let isReading = hasRoom()
            for door in doors { poller.watch(door.place, reading: isReading) }
            // A full connection or a full inbox is looked at again after a millisecond; otherwise
            // the bell and the sockets say when there is something to do.
            try poller.wait(milliseconds: blocked.isEmpty && isReading ? patience : 1)
            if poller.isReadable(bellPlace) { bell.hear() }
            try watchGate()
            for door in doors { try watch(door) }
            if isReading {
                isCaughtUp = true
                for door in doors where try !read(door) { isCaughtUp = false }
            }
            cutDoomed()
            cutHoarders(isReading: isReading)
            let (outgoing, barred, isClosed) = takeMail()
            try blocked.retry { try send($0) }
            for message in outgoing { try post(message) }
            for (peer, reason) in barred { bar(peer, reason) }
            if isClosed { return }
        }
    }

    private var patience: Int {
        if doors.contains(where: { !$0.doomed.isEmpty }) { return 20 }
        if hoards.count > 0 { return hoards.isSuspicious ? 4 : 10 }
        return gate == nil ? 1000 : 250
    }

    // MARK: Connections

    private func watch(_ door: Door) throws {
        while let event = try door.monitor.next() {
            switch event.kind {
            case .accepted:
                if door.lane != .admin { hoards.opened(event.connection) }
            case .disconnected:
                hoards.closed(event.connection)
                door.doomed[event.connection] = nil
                guard let peer = door.connections.removeValue(forKey: event.connection)?.peer,
                    door.lane == .control,
                    !door.connections.values.contains(where: { $0.peer == peer })
                else { continue }
                deliver(.disconnected(peer))
            case .otherMechanism:
                tell(.noKey, from: "\(door.lane)")
            case .handshakeFailed where door.isSecured:
                report(
                    "handshake", origin: "\(door.lane)",
                    text: "a peer gave up or was cut off before it had shown a key",
                    hint: "a worker's key file must come from this coordinator's keys folder")
            case .handshakeFailed, .ready, .keyRefused: break
            }
        }
    }

    private func watchGate() throws {
        guard let gate else { return }
        try gate.answer { refusal, address in tell(refusal, from: address) }
        do {
            guard try gate.refresh() else { return }
        } catch {
            return report(
                "keys", origin: "", text: "\(error)", hint: "the keys that were read last stay good"
            )
        }
        for door in doors where door.isSecured {
            for (descriptor, connection) in door.connections
            where door.doomed[descriptor] == nil {
                do throws(Doorkeeper.Refusal) {
                    try gate.keeper.admit(connection.key, asking: door.role)
                } catch {
                    putOut(connection.peer, through: descriptor, of: door, because: error)
                }
            }
        }
    }

    private func cutDoomed() {
        let now = ContinuousClock.now
        for door in doors {
            for (descriptor, time) in door.doomed where time <= now {
                // The record goes when the monitor says so; the number is not reused before.
                door.doomed[descriptor] = now + .seconds(1)
                _ = voxelnas_cut_connection(descriptor)
            }
        }
    }

    private func cutHoarders(isReading: Bool) {
        let now = ContinuousClock.now
        guard hoards.count > 0, now >= looksForHoardsAt else { return }
        // A look takes some microseconds for each connection: at most a part of the thread's time.
        looksForHoardsAt = now + Self.hoardInterval + .microseconds(10 * hoards.count)
        guard hoards.isDue(at: now, resident: ProcessMemory.residentBytes) else { return }
        for descriptor in hoards.hoarders(
            isReading: isReading, isCaughtUp: isCaughtUp, read: { voxelnas_read_bytes($0) })
        {
            let door = doors.first { $0.connections[descriptor] != nil }
            let name = door?.connections[descriptor].map { nameOf($0) } ?? "a peer"
            hoards.closed(descriptor)
            _ = voxelnas_abort_connection(descriptor)
            report(
                "hoarding", origin: name,
                text: "\(name) sent megabytes without ending a message, and was cut off",
                hint: "no worker of voxelnas does that; revoke its key if it has one")
        }
    }

    private func nameOf(_ connection: Door.Connection) -> String {
        guard let key = connection.key, let gate else { return connection.peer.description }
        return "'\(gate.keeper.name(of: key))'"
    }

    // MARK: Reading

    /// - Returns: Whether nothing is left to read.
    private func read(_ door: Door) throws -> Bool {
        for _ in 0..<(door.lane == .data ? 32 : 256) {
            guard let parts = try door.socket.receive(maximumParts: 4) else { return true }
            try take(parts, of: door)
        }
        return false
    }

    private func take(_ parts: Multipart, of door: Door) throws {
        guard let identifier = parts.frames.first else { return }
        let peer = PeerID(bytes: identifier.bytes)
        if let connection = parts.connection {
            hoards.heard(connection)
            if door.doomed[connection] != nil { return }
            if door.connections[connection]?.peer != peer {
                // The number may have belonged to a connection that closed: hear of that first.
                try watch(door)
            }
        }
        let key = door.isSecured ? parts.userID : nil
        if let gate, door.isSecured {
            do throws(Doorkeeper.Refusal) {
                try gate.keeper.check(key, at: peer.bytes, asking: door.role)
            } catch {
                if case .theft = error { cutOthers(of: peer, but: parts.connection, of: door) }
                return putOut(peer, through: parts.connection, of: door, because: error)
            }
        }
        if let reason = barred[peer] {
            return turnAway(
                peer, through: parts.connection, of: door,
                Reject(code: .evicted, retryMilliseconds: nil, text: reason))
        }
        if let connection = parts.connection, door.connections[connection]?.peer != peer {
            // A new connection has taken the place of an older one, which nobody hears any more.
            cutOthers(of: peer, but: connection, of: door)
            door.connections[connection] = Door.Connection(peer: peer, key: key)
        }
        decode(parts, from: peer, key: key, of: door)
    }

    private func cutOthers(of peer: PeerID, but kept: Int32?, of door: Door) {
        for (descriptor, connection) in door.connections
        where connection.peer == peer && descriptor != kept {
            door.doomed[descriptor] = ContinuousClock.now
        }
    }

    private func decode(_ parts: Multipart, from peer: PeerID, key: String?, of door: Door) {
        do {
            guard !parts.isTruncated else { throw WireError.wrongPartCount(parts.frames.count) }
            let received = try MessageCodec.decode(parts.frames.dropFirst())
            let type = received.message.type
            guard door.lane.carries(type) else { return refuse(type, from: peer, key, of: door) }
            if case .hello(let hello) = received.message {
                guard try mayGreet(hello, from: peer, key, through: parts.connection, of: door)
                else { return }
            }
            deliver(.received(received, from: peer, lane: door.lane))
        } catch let error as WireError {
            deliver(.malformed(error, from: peer, lane: door.lane))
        } catch {
            deliver(.failed("\(error)"))
        }
    }

    private func mayGreet(
        _ hello: Hello, from peer: PeerID, _ key: String?, through connection: Int32?,
        of door: Door
    ) throws -> Bool {
        let now = ContinuousClock.now
        if let connection {
            let former = door.connections[connection]?.greetings
            let recent = former.flatMap { now - $0.since < .seconds(1) ? $0 : nil }
            let (count, since) = recent ?? (0, now)
            guard count < Self.greetingLimit else { return false }
            door.connections[connection]?.greetings = (count + 1, since)
        }
        guard let gate, door.isSecured else { return true }
        do throws(Doorkeeper.Refusal) {
            try gate.keeper.check(name: hello.workerName, of: key)
            return true
        } catch {
            putOut(peer, through: connection, of: door, because: error)
            return false
        }
    }

    // MARK: Refusing

    /// Answers a message that does not go this way, such as a command from a worker.
    private func refuse(_ type: MessageType, from peer: PeerID, _ key: String?, of door: Door) {
        let isCommand = type == .statusQuery || type == .adminCommand
        let name = key.flatMap { key in gate.map { "'\($0.keeper.name(of: key))'" } } ?? "\(peer)"
        let text =
            isCommand
            ? "\(name) sent \(type) over the workers' \(door.lane) connection"
            : "\(type) does not go over the \(door.lane) connection"
        let hint =
            isCommand ? "commands go to the admin socket, with an admin's key from elsewhere" : ""
        if isCommand { report("other-role", origin: name, text: text, hint: hint) }
        let reject = Reject(code: .malformed, retryMilliseconds: nil, text: text, hint: hint)
        deliver(
            .malformed(
                .invalidField("type", found: "\(type)", allowed: "those of the lane"), from: peer,
                lane: door.lane))
        try? post(reject, to: peer, of: door)
    }

    /// Tells a peer why it is put out, and cuts its connection shortly after.
    private func putOut(
        _ peer: PeerID, through connection: Int32?, of door: Door,
        because refusal: Doorkeeper.Refusal
    ) {
        tell(refusal, from: peer.description)
        let code: Reject.Code =
            switch refusal {
            case .revoked, .unknownKey: .evicted
            default: .identity
            }
        if code == .evicted { deliver(.dismissed(peer, reason: "\(refusal)")) }
        turnAway(
            peer, through: connection, of: door,
            Reject(
                code: code, retryMilliseconds: nil, text: "\(refusal)", hint: refusal.hint))
    }

    private func turnAway(
        _ peer: PeerID, through connection: Int32?, of door: Door, _ reject: Reject
    ) {
        try? post(reject, to: peer, of: door)
        if let connection { door.doomed[connection] = ContinuousClock.now + Self.farewell }
    }

    private func bar(_ peer: PeerID, _ reason: String) {
        if barred.count >= 4096 { barred = [:] }
        barred[peer] = reason
        for door in doors {
            for (descriptor, connection) in door.connections where connection.peer == peer {
                door.doomed[descriptor] = ContinuousClock.now + Self.farewell
            }
        }
    }

    private func tell(_ refusal: Doorkeeper.Refusal, from origin: String) {
        report(
            refusal.kind, origin: origin, text: "\(refusal) (from \(origin))", hint: refusal.hint)
    }

    private func report(_ kind: String, origin: String, text: String, hint: String) {
        guard let count = refusals.count(kind, of: origin, at: .now) else { return }
        deliver(.refused(RefusedPeer(kind: kind, text: text, hint: hint, count: count)))
    }

    // MARK: Sending

    private func post(_ reject: Reject, to peer: PeerID, of door: Door) throws {
        try post(
            BlockedMail.Outgoing(
                message: try MessageCodec.encode(.reject(reject), epoch: 0), peer: peer,
                lane: door.lane))
    }

    private func post(_ outgoing: BlockedMail.Outgoing) throws {
        guard try !blocked.send(outgoing, by: { try send($0) }) else { return }
        report(
            "not-reading", origin: "\(outgoing.peer)",
            text: "\(outgoing.peer) asked for more than it reads, and was cut off",
            hint: "its connection may be too slow for its slots")
        guard let door = doors.first(where: { $0.lane == outgoing.lane }) else { return }
        for (descriptor, connection) in door.connections where connection.peer == outgoing.peer {
            door.doomed[descriptor] = ContinuousClock.now
        }
    }

    /// - Returns: False when the connection is full.
    private func send(_ outgoing: BlockedMail.Outgoing) throws -> Bool {
        guard let door = doors.first(where: { $0.lane == outgoing.lane }) else { return true }
        do throws(ZeroMQError) {
            try door.socket.send(outgoing.message, to: outgoing.peer)
            return true
        } catch {
            if error.isWouldBlock { return false }
            if error.isUnreachable { return true }  // The peer is gone; its leases will be too.
            throw error
        }
    }
}
