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

    package var description: String {
        switch self {
        case .malformedAddress(let text): "'\(text)' is not host:port, such as 192.168.1.5:7731"
        case .noPort(let endpoint): "no port in '\(endpoint)'"
        case .notStarted: "the network thread did not start"
        case .noAnswer(let address, let seconds):
            "no answer from \(address) in \(seconds) s; is the coordinator running there?"
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
