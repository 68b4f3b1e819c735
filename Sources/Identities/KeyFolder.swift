internal import Foundation
package import ZeroMQ

/// The folder of a coordinator's key pair, its allow-list, and the keys that it issued.
package struct KeyFolder: Hashable, Sendable {
    /// The folder.
    package let path: String

    /// A folder, which need not exist.
    package init(path: String) {
        self.path = path
    }

    private struct CoordinatorKey: Codable {
        let publicKey: String
        let secretKey: String
    }

    /// Whose keys are let in; a coordinator reads it again whenever it changes.
    package var allowListPath: String { path + "/allow-list.json" }
    private var coordinatorPath: String { path + "/coordinator.key" }

    /// The file of a name's key.
    package func keyPath(of name: String) -> String { "\(path)/\(name).key" }

    /// The list.
    ///
    /// - Throws: ``KeyError/noFolder(path:)``, or what is wrong with the file.
    package func allowList() throws(KeyError) -> AllowList {
        guard stamp != nil else { throw .noFolder(path: path) }
        return try KeyStorage.read(AllowList.self, from: allowListPath, isSecret: false)
    }

    /// The coordinator's own pair.
    ///
    /// - Throws: ``KeyError``.
    package func coordinatorKeys() throws(KeyError) -> CurveKeyPair {
        guard stamp != nil else { throw .noFolder(path: path) }
        let key = try KeyStorage.read(CoordinatorKey.self, from: coordinatorPath, isSecret: true)
        return CurveKeyPair(publicKey: key.publicKey, secretKey: key.secretKey)
    }

    /// Changes when the list does.
    package var stamp: String? { KeyStorage.stamp(of: allowListPath) }

    /// Makes a key, and the folder and the coordinator's pair with the first one.
    ///
    /// - Returns: The path of the key file, which goes to its holder and nowhere else.
    /// - Throws: ``KeyError``.
    package func issue(_ name: String, role: KeyRole) throws(KeyError) -> String {
        guard Self.isName(name) else { throw .badName(name) }
        try prepare()
        var list = try allowList()
        let keys = try Self.generate()
        try list.add(
            AllowList.Entry(
                name: name, role: role, publicKey: keys.publicKey, issued: Self.now()))
        let file = KeyFile(name: name, role: role, keys: keys, coordinator: list.coordinator)
        // The key first: a list that names a lost key would lock its holder out.
        try KeyStorage.write(file, to: keyPath(of: name), isSecret: true)
        try KeyStorage.write(list, to: allowListPath, isSecret: false)
        return keyPath(of: name)
    }

    /// Takes a key back: whoever has it is cut off within a second, and let in no more.
    ///
    /// - Throws: ``KeyError``.
    package func revoke(_ name: String) throws(KeyError) {
        var list = try allowList()
        try list.revoke(name, at: Self.now())
        try KeyStorage.write(list, to: allowListPath, isSecret: false)
        try? FileManager.default.removeItem(atPath: keyPath(of: name))
    }

    /// A key pair.
    ///
    /// - Throws: ``KeyError/noCurve(version:)``.
    package static func generate() throws(KeyError) -> CurveKeyPair {
        guard ZeroMQLibrary.hasCurve, let keys = try? CurveKeyPair.generate() else {
            throw .noCurve(version: ZeroMQLibrary.version)
        }
        return keys
    }

    /// Writes a key file that is on no list, for a worker that the coordinator starts itself.
    ///
    /// - Throws: ``KeyError/unwritable(path:reason:)``.
    package static func write(_ file: KeyFile, to path: String) throws(KeyError) {
        try KeyStorage.write(file, to: path, isSecret: true)
    }

    private func prepare() throws(KeyError) {
        guard stamp == nil else { return }
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        } catch {
            throw .unwritable(path: path, reason: error.localizedDescription)
        }
        let keys: CurveKeyPair
        if KeyStorage.stamp(of: coordinatorPath) == nil {
            keys = try Self.generate()
            try KeyStorage.write(
                CoordinatorKey(publicKey: keys.publicKey, secretKey: keys.secretKey),
                to: coordinatorPath, isSecret: true)
        } else {
            let key = try KeyStorage.read(
                CoordinatorKey.self, from: coordinatorPath, isSecret: true)
            keys = CurveKeyPair(publicKey: key.publicKey, secretKey: key.secretKey)
        }
        try KeyStorage.write(
            AllowList(coordinator: keys.publicKey), to: allowListPath, isSecret: false)
    }

    private static func isName(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        }
        guard let first = bytes.first, bytes.count <= 64, isAlphanumeric(first) else {
            return false
        }
        return name != "coordinator"
            && bytes.allSatisfy { isAlphanumeric($0) || Array("._-".utf8).contains($0) }
    }

    private static func now() -> String { ISO8601DateFormatter().string(from: Date()) }
}
