/// Whose keys a coordinator lets in, and whose it let in once.
package struct AllowList: Codable, Hashable, Sendable {
    /// One issued key.
    package struct Entry: Codable, Hashable, Sendable {
        /// Who it was issued to.
        package var name: String
        /// What it is for.
        package var role: KeyRole
        /// The public half, in Z85.
        package var publicKey: String
        /// When it was issued, as ISO 8601.
        package var issued: String
        /// When it was revoked, or `nil` while it is good.
        package var revoked: String?

        /// A key that is good.
        package init(name: String, role: KeyRole, publicKey: String, issued: String) {
            self.name = name
            self.role = role
            self.publicKey = publicKey
            self.issued = issued
        }
    }

    /// The coordinator's public key, in Z85.
    package var coordinator: String
    /// Every key that was issued.
    package var keys: [Entry] = []

    /// A list of nobody.
    package init(coordinator: String) {
        self.coordinator = coordinator
    }

    /// The good key of a name.
    package func current(_ name: String) -> Entry? {
        keys.first { $0.name == name && $0.revoked == nil }
    }

    /// Adds a key.
    ///
    /// - Throws: ``KeyError/taken(name:issued:)`` when the name has a good one.
    package mutating func add(_ entry: Entry) throws(KeyError) {
        if let known = current(entry.name) {
            throw .taken(name: entry.name, issued: known.issued)
        }
        keys.append(entry)
    }

    /// Takes a name's key back.
    ///
    /// - Throws: ``KeyError/unknownName(_:known:)`` when it has no good one.
    package mutating func revoke(_ name: String, at time: String) throws(KeyError) {
        guard let place = keys.firstIndex(where: { $0.name == name && $0.revoked == nil }) else {
            throw .unknownName(name, known: keys.filter { $0.revoked == nil }.map(\.name))
        }
        keys[place].revoked = time
    }
}
