internal import Foundation
package import Transport
package import WireProtocol

/// Asks a coordinator how things stand, or to do something, without joining the run.
package struct StatusClient: Sendable {
    private let client: AdminClient
    private let address: AdminAddress

    /// A client of a coordinator.
    package init(_ address: AdminAddress) {
        self.address = address
        client = AdminClient(address)
    }

    /// The status.
    ///
    /// - Parameters:
    ///   - what: `status`, or `tasks` for the open round's tasks with it.
    ///   - limit: How long the answer may take.
    /// - Returns: How things stand.
    /// - Throws: ``TransportError/noAnswer(_:seconds:)`` when nobody answers in time.
    package func status(
        _ what: String = "status", within limit: Duration = .seconds(5)
    ) async throws -> CoordinatorStatus {
        let json = try await text(what, within: limit)
        return try JSONDecoder().decode(CoordinatorStatus.self, from: Data(json.utf8))
    }

    /// The answer to a question as JSON.
    ///
    /// - Throws: As ``status(_:within:)``.
    package func text(
        _ what: String = "status", within limit: Duration = .seconds(5)
    ) async throws -> String {
        let query = Message.statusQuery(StatusQuery(what: what))
        guard case .statusReply(let reply) = try await client.answer(to: query, within: limit)
        else { throw TransportError.otherAnswer(address.description) }
        return reply.text
    }

    /// Has something done.
    ///
    /// - Throws: As ``status(_:within:)``.
    package func perform(
        _ command: AdminCommand, within limit: Duration = .seconds(5)
    ) async throws -> AdminReply {
        let answer = try await client.answer(to: .adminCommand(command), within: limit)
        guard case .adminReply(let reply) = answer else {
            throw TransportError.otherAnswer(address.description)
        }
        return reply
    }
}
