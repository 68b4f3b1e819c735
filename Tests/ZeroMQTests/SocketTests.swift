import Testing
import ZeroMQ

@Suite("A socket")
struct SocketTests {
    /// Waits for a message, at most two seconds.
    private func next(
        of socket: borrowing Socket, maximumParts: Int = 4
    ) throws -> Multipart {
        var poller = Poller()
        _ = poller.add(socket)
        for _ in 0..<20 {
            if let message = try socket.receive(maximumParts: maximumParts) { return message }
            try poller.wait(milliseconds: 100)
        }
        throw Missing()
    }
    private struct Missing: Error {}

    @Test("carries a multipart message from dealer to router, with the dealer's identifier")
    func multipart() throws {
        let context = try Context()
        let router = try Socket(.router, in: context)
        let endpoint = try router.bind("tcp://127.0.0.1:*")
        var options = SocketOptions()
        options.routingID = Array("one".utf8)
        let dealer = try Socket(.dealer, in: context, options: options)
        try dealer.connect(endpoint)
        let large = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try dealer.send([1, 2], more: true)
        try dealer.sendShared(large)
        let message = try next(of: router)
        #expect(message.frames.map(\.count) == [3, 2, 300_000])
        #expect(message.frames[0].bytes == Array("one".utf8))
        #expect(message.frames[2].bytes == large)
        #expect(message.connection != nil)
    }

    @Test("throws away parts beyond the limit")
    func tooManyParts() throws {
        let context = try Context()
        let router = try Socket(.router, in: context)
        let endpoint = try router.bind("tcp://127.0.0.1:*")
        let dealer = try Socket(.dealer, in: context)
        try dealer.connect(endpoint)
        for part in 0..<9 { try dealer.send([UInt8(part)], more: part < 8) }
        let message = try next(of: router)
        #expect(message.frames.count == 4)
        #expect(message.isTruncated)
    }

    @Test("reports the connection that a vanished peer's messages came through")
    func disconnection() throws {
        let context = try Context()
        let router = try Socket(.router, in: context)
        let monitor = try SocketMonitor(watching: router, name: "test")
        let endpoint = try router.bind("tcp://127.0.0.1:*")
        var connection: Int32?
        do {
            let dealer = try Socket(.dealer, in: context)
            try dealer.connect(endpoint)
            try dealer.send([1], more: false)
            connection = try next(of: router).connection
        }
        var poller = Poller()
        _ = poller.add(monitor)
        var events: [MonitorEvent] = []
        while !events.contains(where: { $0.kind == .disconnected }), events.count < 10 {
            try poller.wait(milliseconds: 2000)
            guard let event = try monitor.next() else { break }
            events.append(event)
        }
        #expect(events.map(\.kind) == [.ready, .disconnected])
        #expect(events.last?.connection == connection)
    }

    @Test("refuses to send to a peer that a mandatory router does not know")
    func unreachable() throws {
        let context = try Context()
        var options = SocketOptions()
        options.isMandatory = true
        let router = try Socket(.router, in: context, options: options)
        try router.bind("tcp://127.0.0.1:*")
        let error = #expect(throws: ZeroMQError.self) { try router.send([9], more: true) }
        #expect(error?.isUnreachable == true)
    }

    @Test("hears a bell that another thread rings")
    func bell() throws {
        let bell = try WakeUp()
        var poller = Poller()
        let place = poller.add(bell)
        try poller.wait(milliseconds: 0)
        #expect(!poller.isReadable(place))
        bell.ring()
        bell.ring()
        try poller.wait(milliseconds: 1000)
        #expect(poller.isReadable(place))
        bell.hear()
        try poller.wait(milliseconds: 0)
        #expect(!poller.isReadable(place))
    }

    @Test("makes key pairs of 40 characters")
    func keys() throws {
        let first = try CurveKeyPair.generate()
        #expect(first.publicKey.utf8.count == 40)
        #expect(first.secretKey.utf8.count == 40)
        #expect(try first != CurveKeyPair.generate())
    }
}
