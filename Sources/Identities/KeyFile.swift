package import ZeroMQ

/// What the holder of a key has: its own pair, and the key of the one coordinator that it trusts.
package struct KeyFile: Codable, Hashable, Sendable {
    /// Who it was issued to.
    package let name: String
    /// What it is for.
    package let role: KeyRole
    /// The public half, in Z85.
    package let publicKey: String
    /// The secret half, in Z85.
    package let secretKey: String
    /// The coordinator's public key, in Z85.
    package let coordinator: String

    /// A key that was issued.
    package init(name: String, role: KeyRole, keys: CurveKeyPair, coordinator: String) {
        self.name = name
        self.role = role
        publicKey = keys.publicKey
        secretKey = keys.secretKey
        self.coordinator = coordinator
    }

    /// Both halves.
    package var keys: CurveKeyPair { CurveKeyPair(publicKey: publicKey, secretKey: secretKey) }

    /// How a socket connects with this key.
    package var security: SocketSecurity { .connecting(keys, serverKey: coordinator) }

    /// Reads a key file.
    ///
    /// - Throws: ``KeyError`` when it is missing, damaged, or readable by others.
    package init(contentsOf path: String) throws(KeyError) {
        self = try KeyStorage.read(KeyFile.self, from: path, isSecret: true)
        for key in [publicKey, secretKey, coordinator] where key.utf8.count != 40 {
            throw .damaged(path: path, reason: "a key has \(key.utf8.count) characters, not 40")
        }
    }

    /// Whether a worker may call itself by a name with this key: the key's own, or one below it.
    package func covers(workerName: String) -> Bool {
        Self.covers(workerName: workerName, keyName: name)
    }

    static func covers(workerName: String, keyName: String) -> Bool {
        workerName == keyName || workerName.hasPrefix(keyName + "/")
    }
}
