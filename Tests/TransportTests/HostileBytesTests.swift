import Synchronization
import Testing
import Transport
import WireProtocol
import ZeroMQ

@Suite("A server")
struct HostileBytesTests {
    @Test("counts what is not a message and goes on", .timeLimit(.minutes(1)))
    func garbage() async throws {
        let server = try ZeroMQServer(host: "127.0.0.1", ports: ServerPorts(control: 0, data: 0))
        let (events, sink) = AsyncStream<ServerEvent>.makeStream()
        let ports = try server.start(deliver: { sink.yield($0) }, hasRoom: { true })
        let context = try Context()
        var options = SocketOptions()
        options.lingerMilliseconds = 1000
        let socket = try Socket(.dealer, in: context, options: options)
        try socket.connect("tcp://127.0.0.1:\(ports.control)")
        try socket.send([], more: false)
        try socket.send([1, 2, 3], more: false)
        try socket.send([UInt8](repeating: 0xff, count: 24), more: true)
        try socket.send([UInt8](repeating: 0xff, count: 100), more: false)
        for part in 0..<50 { try socket.send([UInt8(part)], more: part < 49) }
        // A command where workers speak is no message either.
        for message in [
            Message.adminCommand(AdminCommand(.stop)),
            .taskRequest(TaskRequest(slots: 1, prefetch: 0)),
        ] {
            let parts = try MessageCodec.encode(message, epoch: 0)
            try socket.send(parts.header, more: true)
            try socket.send(parts.fields, more: false)
        }
        var errors: [WireError] = []
        var refused: [String] = []
        for await event in events {
            if case .malformed(let error, _, _) = event { errors.append(error) }
            if case .refused(let peer) = event { refused.append(peer.kind) }
            if case .received(let received, _, .control) = event {
                #expect(received.message == .taskRequest(TaskRequest(slots: 1, prefetch: 0)))
                break
            }
        }
        #expect(
            errors == [
                .wrongPartCount(1), .wrongPartCount(1), .wrongMagic(0xffff_ffff),
                .wrongPartCount(4),
                .invalidField("type", found: "adminCommand", allowed: "those of the lane"),
            ])
        #expect(refused == ["other-role"])
        server.close()
    }

    @Test("cuts off who sends megabytes without ending a message", .timeLimit(.minutes(1)))
    func endless() async throws {
        let server = try ZeroMQServer(host: "127.0.0.1", ports: ServerPorts(control: 0, data: 0))
        let (events, sink) = AsyncStream<ServerEvent>.makeStream()
        let ports = try server.start(deliver: { sink.yield($0) }, hasRoom: { true })
        let peer = try RawPeer(port: ports.control)
        // A long part, and more to come.
        let part: [UInt8] =
            [3, 0, 0, 0, 0, 0, 0, 0xea, 0x60] + Array(repeating: 0, count: 60_000)
        var megabytes = 0.0
        while megabytes < 4000, peer.send(part) { megabytes += 0.06 }
        #expect(megabytes < 1000)
        for await event in events {
            guard case .refused(let refused) = event else { continue }
            #expect(refused.kind == "hoarding")
            break
        }
        server.close()
    }

    @Test("listens to other machines only with keys, or when told to")
    func unprotected() throws {
        let ports = ServerPorts(control: 0, data: 0)
        let bare = try ZeroMQServer(host: "0.0.0.0", ports: ports)
        let error = #expect(throws: TransportError.unprotected(host: "0.0.0.0")) {
            try bare.start(deliver: { _ in }, hasRoom: { true })
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains("voxelnas keys issue"))
        let trusting = try ZeroMQServer(host: "0.0.0.0", ports: ports, protection: .trustedNetwork)
        #expect(try trusting.start(deliver: { _ in }, hasRoom: { true }).control > 0)
        trusting.close()
    }

    @Test("says which address is taken")
    func addressInUse() throws {
        let first = try ZeroMQServer(host: "127.0.0.1", ports: ServerPorts(control: 0, data: 0))
        let ports = try first.start(deliver: { _ in }, hasRoom: { true })
        let second = try ZeroMQServer(host: "127.0.0.1", ports: ports)
        let error = #expect(throws: ZeroMQError.self) {
            try second.start(deliver: { _ in }, hasRoom: { true })
        }
        #expect(error?.isAddressInUse == true)
        #expect("\(error.map { "\($0)" } ?? "")".contains("127.0.0.1:\(ports.control)"))
        first.close()
    }

    @Test(
        "has an address only as host and port",
        arguments: ["", "host", ":1", "host:", "host:0", "host:65536", "h:x"])
    func malformedAddress(text: String) {
        #expect(throws: TransportError.malformedAddress(text)) { try CoordinatorAddress(text) }
    }
}
