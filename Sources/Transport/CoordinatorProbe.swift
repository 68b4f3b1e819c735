internal import Foundation
package import Identities
package import WireProtocol

/// Goes through everything that a worker does before its first task, and measures the way.
///
/// It is a worker without slots: the coordinator lists it while it lasts, and gives it nothing.
package struct CoordinatorProbe: Sendable {
    /// How far it came.
    package enum Outcome: Sendable {
        /// No connection within the time.
        case silent
        /// The key was refused: what was seen, and what to do.
        case keyRefused(String)
        /// Connected, but not greeted within the time.
        case unanswered
        /// The coordinator will not have a worker like this.
        case rejected(Reject)
        /// All is well but the data lane.
        case noData(Welcome)
        /// All is well.
        case measured(Welcome, Speed)
    }

    /// What the data lane carries.
    package struct Speed: Hashable, Sendable {
        /// Megabytes a second to the coordinator.
        package var up: Double
        /// Megabytes a second from the coordinator.
        package var down: Double
        /// The time from question to answer of a small message, in seconds.
        package var roundTrip: Double
    }

    private let address: CoordinatorAddress
    private let key: KeyFile?

    /// A probe of a coordinator.
    package init(_ address: CoordinatorAddress, key: KeyFile?) {
        self.address = address
        self.key = key
    }

    /// Connects, greets, measures and leaves; blocks for a few seconds.
    ///
    /// - Parameters:
    ///   - hello: The greeting; its boot nonce makes the address.
    ///   - limit: How long each part may take.
    /// - Returns: How far it came.
    /// - Throws: An error when the process is out of file descriptors.
    package func run(_ hello: Hello, within limit: Duration = .seconds(6)) throws -> Outcome {
        let client = try ZeroMQClient(
            connectingTo: address, as: PeerID(bootNonce: hello.bootNonce), key: key)
        let inbox = Inbox<ClientEvent>()
        try client.start { inbox.push($0) }
        defer { client.close() }
        var waiting: [ClientEvent] = []
        func wait<Result>(_ take: (ClientEvent) throws -> Result?) throws -> Result? {
            let end = ContinuousClock.now + limit
            while ContinuousClock.now < end {
                if waiting.isEmpty { waiting = inbox.take(within: .milliseconds(100)) }
                while !waiting.isEmpty {
                    if let result = try take(waiting.removeFirst()) { return result }
                }
            }
            return nil
        }
        let refusal = try wait { event -> String?? in
            switch event {
            case .connected(.control): .some(nil)
            case .keyRefused(let text): .some(text)
            default: nil
            }
        }
        guard let refusal else { return .silent }
        if let refusal { return .keyRefused(refusal) }
        try client.send(.hello(hello), epoch: 0, lane: .control)
        var welcomed: (Welcome, UInt32)?
        let reject = try wait { event -> Reject?? in
            guard case .received(let received, .control) = event else { return nil }
            switch received.message {
            case .welcome(let welcome):
                welcomed = (welcome, received.epoch)
                return .some(nil)
            case .reject(let reject): return .some(reject)
            default: return nil
            }
        }
        guard let reject else { return .unanswered }
        if let reject { return .rejected(reject) }
        guard let (welcome, epoch) = welcomed else { return .unanswered }
        defer {
            try? client.send(
                .goodbye(Goodbye(reason: "examined the way, as voxelnas doctor does")),
                epoch: epoch, lane: .control)
        }
        client.openData(port: welcome.dataPort)
        let isConnected = try wait { event -> Bool? in
            if case .connected(.data) = event { true } else { nil }
        }
        guard isConnected == true else { return .noData(welcome) }
        var sequence: UInt64 = 0
        func exchange(up: Int, down: Int, count: Int) throws -> Double? {
            let start = ContinuousClock.now
            let payload = Payload.bytes([UInt8](repeating: 0, count: up))
            for _ in 0..<count {
                sequence += 1
                let probe = Probe(sequence: sequence, replyBytes: down, payload: payload)
                try client.send(.probe(probe), epoch: epoch, lane: .data)
            }
            let last = sequence
            let isBack = try wait { event -> Bool? in
                guard case .received(let received, .data) = event,
                    case .probe(let probe) = received.message, probe.sequence == last
                else { return nil }
                return true
            }
            return isBack == true ? (ContinuousClock.now - start) / .seconds(1) : nil
        }
        let count = 32
        let bytes = WireLimits.chunkBytes
        guard let roundTrip = try exchange(up: 0, down: 0, count: 1),
            let up = try exchange(up: bytes, down: 0, count: count),
            let down = try exchange(up: 0, down: bytes, count: count)
        else { return .noData(welcome) }
        let megabytes = Double(count * bytes) / 1e6
        return .measured(
            welcome, Speed(up: megabytes / up, down: megabytes / down, roundTrip: roundTrip))
    }
}
