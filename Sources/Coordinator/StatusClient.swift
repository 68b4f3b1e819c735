internal import Foundation
package import Transport
internal import WireProtocol

/// Asks a coordinator how things stand, without joining the run.
package struct StatusClient: Sendable {
    private let address: CoordinatorAddress

    /// A client of a coordinator.
    package init(address: CoordinatorAddress) {
        self.address = address
    }

    /// The status.
    ///
    /// - Throws: ``TransportError/noAnswer(_:seconds:)`` when nobody answers in time.
    package func status(within limit: Duration = .seconds(5)) async throws -> CoordinatorStatus {
        let json = try await text(within: limit)
        return try JSONDecoder().decode(CoordinatorStatus.self, from: Data(json.utf8))
    }

    /// The status as JSON.
    ///
    /// - Throws: As ``status(within:)``.
    package func text(within limit: Duration = .seconds(5)) async throws -> String {
        let nonce = UInt64.random(in: .min ... .max)
        let peer = PeerID(bytes: Array("q\(String(nonce, radix: 16))".utf8))
        let client = try ZeroMQClient(connectingTo: address, as: peer)
        let (events, sink) = AsyncStream<ClientEvent>.makeStream()
        try client.start { sink.yield($0) }
        defer { client.close() }
        try client.send(.statusQuery(StatusQuery()), epoch: 0, lane: .control)
        return try await withThrowingTaskGroup(of: String?.self) { group in
            group.addTask {
                for await event in events {
                    if case .received(let received, _) = event,
                        case .statusReply(let reply) = received.message
                    {
                        return reply.text
                    }
                }
                return nil
            }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let answer = try await group.next() ?? nil else {
                let seconds = Int(limit.components.seconds)
                throw TransportError.noAnswer(address.description, seconds: seconds)
            }
            return answer
        }
    }
}
