/// The routing identifier of a connection: how a coordinator addresses a worker.
package struct PeerID: Hashable, Sendable, CustomStringConvertible {
    /// The identifier as it travels.
    package let bytes: [UInt8]

    /// The peer of an identifier.
    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The peer of a worker's boot nonce: the same on both of its connections.
    package init(bootNonce: UInt64) {
        let digits = String(bootNonce, radix: 16)
        bytes = Array(("w" + String(repeating: "0", count: 16 - digits.count) + digits).utf8)
    }

    /// All bytes at once; an array would put in one after the other.
    package func hash(into hasher: inout Hasher) {
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }

    package var description: String { String(decoding: bytes, as: UTF8.self) }
}
