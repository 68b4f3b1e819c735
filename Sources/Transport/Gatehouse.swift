internal import Identities
internal import ZeroMQ

/// A coordinator's keys at work: answers for new connections and reads the list when it changes.
///
/// Only the server's thread has it.
final class Gatehouse {
    let authenticator: Authenticator
    let secretKey: String
    var keeper: Doorkeeper
    private let folder: KeyFolder
    private var stamp: String?
    private var lookedAt = ContinuousClock.now
    private var hasChanged = false

    private static let interval = Duration.milliseconds(250)

    /// The gate of a context, before any socket of it listens.
    init(_ folder: KeyFolder, guests: [KeyFile], in context: Context) throws {
        self.folder = folder
        authenticator = try Authenticator(in: context)
        secretKey = try folder.coordinatorKeys().secretKey
        stamp = folder.stamp
        keeper = Doorkeeper(list: try folder.allowList())
        for guest in guests { keeper.welcome(guest) }
    }

    /// Answers those who knock.
    ///
    /// - Parameter refused: Told of those who were turned away, and where they came from.
    /// - Throws: `ZeroMQError` when the socket is broken.
    func answer(_ refused: (Doorkeeper.Refusal, _ address: String) -> Void) throws {
        for _ in 0..<256 {
            guard let request = try authenticator.next() else { return }
            let role = KeyRole(rawValue: request.domain) ?? .worker
            if (try? keeper.admit(request.publicKey, asking: role)) == nil {
                // It may have been issued a moment ago.
                hasChanged = (try? reload()) == true || hasChanged
            }
            do throws(Doorkeeper.Refusal) {
                try keeper.admit(request.publicKey, asking: role)
            } catch {
                refused(error, request.address)
                try authenticator.refuse(request)
                continue
            }
            try authenticator.admit(request, as: request.publicKey ?? "")
        }
    }

    /// Reads the list again when it has changed.
    ///
    /// - Returns: Whether it had.
    /// - Throws: `KeyError` when it cannot be read; the last good one stays.
    func refresh() throws -> Bool {
        let now = ContinuousClock.now
        guard now - lookedAt >= Self.interval else { return false }
        lookedAt = now
        defer { hasChanged = false }
        return try reload() || hasChanged
    }

    private func reload() throws -> Bool {
        let found = folder.stamp
        guard found != stamp else { return false }
        stamp = found
        keeper.adopt(try folder.allowList())
        return true
    }
}
