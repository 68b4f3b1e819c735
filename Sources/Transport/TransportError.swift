/// What stops a channel.
package enum TransportError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The address to connect to is not `host:port`.
    case malformedAddress(String)
    /// libzmq bound to something without a port.
    case noPort(String)
    /// The thread ended before it began.
    case notStarted
    /// Nobody answered in time.
    case noAnswer(String, seconds: Int)
    /// What answered is no coordinator of this version.
    case otherAnswer(String)
    /// Others could reach the address, and nothing would ask them who they are.
    case unprotected(host: String)
    /// The coordinator does not let this key in.
    case keyRefused(String)

    package var description: String {
        switch self {
        case .malformedAddress(let text): "'\(text)' is not host:port, such as 192.168.1.5:7731"
        case .noPort(let endpoint): "no port in '\(endpoint)'"
        case .notStarted: "the network thread did not start"
        case .noAnswer(let address, let seconds):
            "no answer from \(address) in \(seconds) s; is the coordinator running there?"
        case .otherAnswer(let address):
            "\(address) answered with something else; is the same version of voxelnas installed "
                + "on both sides?"
        case .unprotected(let host):
            "listening on \(host) without keys would let anyone join, read the run and send wrong "
                + "results; make keys with `voxelnas keys issue NAME` and add --keys keys, or add "
                + "--allow-unprotected on a network where you trust everyone"
        case .keyRefused(let text): text
        }
    }
}

/// Where a coordinator listens.
package struct CoordinatorAddress: Hashable, Sendable, CustomStringConvertible {
    /// The host's name or number.
    package let host: String
    /// The port of the control lane.
    package let port: Int

    /// Reads `host:port`.
    ///
    /// - Throws: ``TransportError/malformedAddress(_:)``.
    package init(_ text: String) throws(TransportError) {
        guard let colon = text.lastIndex(of: ":"), colon != text.startIndex,
            let port = Int(text[text.index(after: colon)...]), (1...65_535).contains(port)
        else { throw .malformedAddress(text) }
        host = String(text[..<colon])
        self.port = port
    }

    package var description: String { "\(host):\(port)" }
}
