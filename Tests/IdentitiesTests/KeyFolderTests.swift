import Foundation
import Identities
import Testing
import ZeroMQ

@Suite("A folder of keys")
struct KeyFolderTests {
    private func temporary(_ body: (KeyFolder) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "keys-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(KeyFolder(path: path))
    }

    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
    }

    @Test("issues keys that only their owner can read")
    func issue() throws {
        try temporary { folder in
            let path = try folder.issue("node7", role: .worker)
            #expect(try mode(path) == 0o600)
            #expect(try mode(folder.path) == 0o700)
            let file = try KeyFile(contentsOf: path)
            #expect(file.name == "node7" && file.role == .worker)
            #expect(file.publicKey.utf8.count == 40 && file.secretKey.utf8.count == 40)
            #expect(try file.coordinator == folder.coordinatorKeys().publicKey)
            #expect(try folder.allowList().current("node7")?.publicKey == file.publicKey)
            let other = try KeyFile(contentsOf: folder.issue("ann", role: .admin))
            #expect(other.coordinator == file.coordinator && other.publicKey != file.publicKey)
        }
    }

    @Test("takes keys back, and changes its stamp with that")
    func revoke() throws {
        try temporary { folder in
            let path = try folder.issue("node7", role: .worker)
            let stamp = folder.stamp
            try folder.revoke("node7")
            #expect(folder.stamp != stamp)
            #expect(!FileManager.default.fileExists(atPath: path))
            #expect(try folder.allowList().keys.first?.revoked != nil)
            #expect(throws: KeyError.unknownName("node7", known: [])) {
                try folder.revoke("node7")
            }
            _ = try folder.issue("node7", role: .worker)
            #expect(throws: KeyError.self) { try folder.issue("node7", role: .worker) }
        }
    }

    @Test(
        "refuses names that are no file names",
        arguments: ["", "../x", ".x", "a/b", "coordinator", "ä", String(repeating: "x", count: 65)])
    func names(name: String) throws {
        try temporary { folder in
            #expect(throws: KeyError.badName(name)) { try folder.issue(name, role: .worker) }
            #expect(!FileManager.default.fileExists(atPath: folder.path))
        }
    }

    @Test("refuses a secret that others can read")
    func exposed() throws {
        try temporary { folder in
            let path = try folder.issue("node7", role: .worker)
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
            #expect(throws: KeyError.exposed(path: path, mode: "644")) {
                try KeyFile(contentsOf: path)
            }
        }
    }

    @Test("says what to do where there are no keys")
    func absent() throws {
        try temporary { folder in
            let error = #expect(throws: KeyError.noFolder(path: folder.path)) {
                try folder.allowList()
            }
            #expect("\(error.map { "\($0)" } ?? "")".contains("voxelnas keys issue"))
        }
    }
}
