internal import CZeroMQ

/// A Curve25519 key pair in libzmq's printable form of 40 characters each.
package struct CurveKeyPair: Hashable, Sendable {
    /// What others may know.
    package let publicKey: String
    /// What nobody else may know.
    package let secretKey: String

    /// A key pair from its two printable halves.
    package init(publicKey: String, secretKey: String) {
        self.publicKey = publicKey
        self.secretKey = secretKey
    }

    /// A new key pair from the system's random numbers.
    ///
    /// - Throws: ``ZeroMQError`` when libzmq was built without encryption.
    package static func generate() throws(ZeroMQError) -> CurveKeyPair {
        var publicKey = [CChar](repeating: 0, count: 41)
        var secretKey = [CChar](repeating: 0, count: 41)
        guard unsafe zmq_curve_keypair(&publicKey, &secretKey) == 0 else {
            throw ZeroMQError(calling: "zmq_curve_keypair")
        }
        func text(_ key: [CChar]) -> String {
            String(decoding: key.prefix(40).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        return CurveKeyPair(publicKey: text(publicKey), secretKey: text(secretKey))
    }
}
