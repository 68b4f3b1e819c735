package import Identities

/// What keeps strangers away from a coordinator.
package enum ServerProtection: Sendable {
    /// It listens to this machine only.
    case loopback
    /// It listens to a network where everyone is trusted, because someone said so.
    case trustedNetwork
    /// Every connection is encrypted, and made with a key of the folder or with one of the guests'.
    case keys(KeyFolder, guests: [KeyFile])

    /// Whether a host is this machine and nothing else.
    package static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "[::1]" || host.hasPrefix("127.")
    }
}
