/// Decides who may send what under which address, from an allow-list; no files, no sockets.
///
/// A key must be good when a connection is made and with every message afterwards. An address on the
/// wire belongs to the key that used it first: another key that uses it is a thief, and is barred
/// for as long as the coordinator runs.
package struct Doorkeeper: Sendable {
    /// Why a peer is turned away.
    package enum Refusal: Error, Hashable, Sendable {
        /// It has no key.
        case noKey
        /// Nobody was issued its key.
        case unknownKey(String)
        /// Its key was taken back.
        case revoked(name: String, at: String)
        /// Its key is good, but for something else.
        case otherRole(name: String, role: KeyRole, asked: KeyRole)
        /// It uses the address of another key's holder.
        case theft(of: String, owner: String, thief: String)
        /// It stole an address earlier.
        case barred(name: String)
        /// It calls itself by a name that its key was not issued for.
        case otherName(claimed: String, key: String)
    }

    /// By public key; the last entry of a key counts.
    private var entries: [String: AllowList.Entry]
    private var guests: [String: KeyFile] = [:]
    private var owners: [[UInt8]: String] = [:]
    private var addresses: [String: [[UInt8]]] = [:]
    private var barred: Set<String> = []

    /// Addresses that one key may own; the oldest is given up for a new one.
    private static let addressLimit = 1024

    /// A doorkeeper with a list.
    package init(list: AllowList) {
        entries = Self.table(of: list)
    }

    /// Takes a new list.
    package mutating func adopt(_ list: AllowList) { entries = Self.table(of: list) }

    private static func table(of list: AllowList) -> [String: AllowList.Entry] {
        Dictionary(list.keys.map { ($0.publicKey, $0) }, uniquingKeysWith: { $1 })
    }

    /// Lets a key in that is on no list, until the coordinator ends.
    package mutating func welcome(_ key: KeyFile) { guests[key.publicKey] = key }

    /// The name that a key belongs to.
    package func name(of publicKey: String) -> String {
        guests[publicKey]?.name ?? entries[publicKey]?.name
            ?? "nobody (\(publicKey.prefix(8))…)"
    }

    /// Decides about a connection.
    ///
    /// - Returns: The name of the key's holder.
    /// - Throws: ``Refusal``.
    @discardableResult
    package func admit(
        _ publicKey: String?, asking role: KeyRole
    ) throws(Refusal) -> String {
        guard let publicKey else { throw .noKey }
        if barred.contains(publicKey) { throw .barred(name: name(of: publicKey)) }
        let (name, found): (String, KeyRole)
        if let guest = guests[publicKey] {
            (name, found) = (guest.name, guest.role)
        } else if let entry = entries[publicKey] {
            if let revoked = entry.revoked { throw .revoked(name: entry.name, at: revoked) }
            (name, found) = (entry.name, entry.role)
        } else {
            throw .unknownKey(publicKey)
        }
        guard found == role else { throw .otherRole(name: name, role: found, asked: role) }
        return name
    }

    /// Decides about a message.
    ///
    /// - Parameters:
    ///   - publicKey: The key of its connection.
    ///   - address: The routing identifier that it came under.
    ///   - role: What the socket is for.
    /// - Throws: ``Refusal``.
    package mutating func check(
        _ publicKey: String?, at address: [UInt8], asking role: KeyRole
    ) throws(Refusal) {
        let name = try admit(publicKey, asking: role)
        guard let publicKey else { return }
        guard let owner = owners[address] else { return claim(address, for: publicKey) }
        guard owner != publicKey else { return }
        // Its former owner may be out of the run for good.
        guard (try? admit(owner, asking: role)) != nil else {
            return claim(address, for: publicKey)
        }
        barred.insert(publicKey)
        throw .theft(
            of: String(decoding: address, as: UTF8.self), owner: self.name(of: owner), thief: name)
    }

    /// Decides about the name that a worker gives itself.
    ///
    /// - Throws: ``Refusal/otherName(claimed:key:)``.
    package func check(name claimed: String, of publicKey: String?) throws(Refusal) {
        guard let publicKey else { return }
        let name = name(of: publicKey)
        // Workers that the coordinator starts itself are numbered.
        if guests[publicKey] != nil { return }
        guard KeyFile.covers(workerName: claimed, keyName: name) else {
            throw .otherName(claimed: claimed, key: name)
        }
    }

    private mutating func claim(_ address: [UInt8], for publicKey: String) {
        var own = addresses[publicKey] ?? []
        if own.count >= Self.addressLimit { owners[own.removeFirst()] = nil }
        if let former = owners[address] { addresses[former]?.removeAll { $0 == address } }
        own.append(address)
        addresses[publicKey] = own
        owners[address] = publicKey
    }
}

extension Doorkeeper.Refusal: CustomStringConvertible {
    /// A word for the event log.
    package var kind: String {
        switch self {
        case .noKey: "no-key"
        case .unknownKey: "unknown-key"
        case .revoked: "revoked-key"
        case .otherRole: "other-role"
        case .theft, .barred: "identity-theft"
        case .otherName: "other-name"
        }
    }

    package var description: String {
        switch self {
        case .noKey: "the peer showed no key"
        case .unknownKey(let key): "nobody was issued the key \(key.prefix(8))…"
        case .revoked(let name, let time): "the key of '\(name)' was revoked at \(time)"
        case .otherRole(let name, let role, let asked):
            "'\(name)' has a key for \(role == .admin ? "admins" : "workers") and asked for what "
                + "\(asked == .admin ? "admins" : "workers") do"
        case .theft(let address, let owner, let thief):
            "'\(thief)' used the address \(address), which is that of '\(owner)'; the key of "
                + "'\(thief)' is barred until the coordinator starts again"
        case .barred(let name):
            "'\(name)' used the address of another worker and is barred until the coordinator "
                + "starts again"
        case .otherName(let claimed, let key):
            "the worker calls itself '\(claimed)', its key was issued to '\(key)'"
        }
    }

    /// What to do about it.
    package var hint: String {
        switch self {
        case .noKey: "give the worker its key file with --key"
        case .unknownKey: "issue a key on the coordinator's machine: voxelnas keys issue NAME"
        case .revoked(let name, _): "issue a new one: voxelnas keys issue \(name)"
        case .otherRole(_, _, let asked):
            "issue a key for it: voxelnas keys issue NAME --role \(asked.rawValue)"
        case .theft(_, _, let thief):
            "if that machine is not yours any more: voxelnas keys revoke \(thief)"
        case .barred(let name): "voxelnas keys revoke \(name), and issue a new key"
        case .otherName(_, let key):
            "leave --name out, or call it '\(key)' or '\(key)/…', or issue a key for that name"
        }
    }
}
