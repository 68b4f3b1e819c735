internal import Digests
internal import Foundation
import ImageCodecs
internal import Synchronization

/// Files of runs' data on a worker's disk, each under the SHA-256 of its bytes and nothing else.
///
/// What has not been used for the longest time goes first when the quota is full. Several processes
/// may share a folder.
package final class ShardCache: Sendable {
    /// Brings the bytes of a file from an offset on, in order.
    package typealias Fetch = (
        _ sha256: String, _ offset: Int, _ write: ([UInt8]) throws -> Void
    ) throws -> Void

    /// The folder.
    package let folder: String
    /// Bytes that finished files may take.
    package let quota: Int
    private let used = Mutex<Set<String>>([])

    /// A cache in a folder, which is made when needed.
    package init(folder: String, quota: Int) {
        self.folder = folder
        self.quota = quota
    }

    /// The path of a file, fetched first when it is not there.
    ///
    /// A fetch that was broken off goes on where it was, in whichever process.
    ///
    /// - Parameters:
    ///   - sha256: The digest, in 64 hexadecimal digits.
    ///   - fetch: Brings the bytes.
    /// - Returns: The path.
    /// - Throws: ``ShardError``, or what `fetch` throws.
    package func path(of sha256: String, fetch: Fetch) throws -> String {
        guard sha256.utf8.count == 64, sha256.utf8.allSatisfy({ Self.isDigit($0) }) else {
            throw ShardError.file(path: folder, reason: "'\(sha256)' is no SHA-256")
        }
        let path = "\(folder)/\(sha256)"
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw ShardError.file(path: folder, reason: error.localizedDescription)
        }
        // Checked once in every process: a disk may rot, and a person may meddle.
        if used.withLock({ $0.contains(sha256) }) { return path }
        let lock = try Lock(path: path + ".lock")
        defer { lock.release() }
        if FileManager.default.fileExists(atPath: path) {
            if try SHA256.hex(file: path) != sha256 {
                try? FileManager.default.removeItem(atPath: path)
            }
        }
        if !FileManager.default.fileExists(atPath: path) {
            try bring(sha256, to: path, fetch)
        }
        try? FileManager.default.setAttributes(
            [.modificationDate: Date()], ofItemAtPath: path)
        used.withLock { _ = $0.insert(sha256) }
        trim()
        return path
    }

    private func bring(_ sha256: String, to path: String, _ fetch: Fetch) throws {
        let part = path + ".part"
        // The second attempt starts from nothing: what an earlier one left may have been wrong.
        for attempt in 0..<2 {
            if !FileManager.default.fileExists(atPath: part) {
                _ = FileManager.default.createFile(atPath: part, contents: nil)
            }
            guard let file = FileHandle(forUpdatingAtPath: part) else {
                throw ShardError.file(path: part, reason: "cannot be written; see --cache")
            }
            let offset = Int(try file.seekToEnd())
            do {
                try fetch(sha256, offset) { bytes in
                    do {
                        try file.write(contentsOf: bytes)
                    } catch {
                        throw ShardError.file(
                            path: part,
                            reason: "\(error.localizedDescription); make room or name another "
                                + "folder with --cache")
                    }
                }
                try file.synchronize()
                try file.close()
            } catch {
                try? file.close()
                throw error
            }
            if try SHA256.hex(file: part) == sha256 {
                do {
                    try FileManager.default.moveItem(atPath: part, toPath: path)
                } catch {
                    throw ShardError.file(path: path, reason: error.localizedDescription)
                }
                return
            }
            try? FileManager.default.removeItem(atPath: part)
            if attempt == 1 || offset == 0 { throw ShardError.wrongChecksum(path: path) }
        }
    }

    /// Removes what was not used for the longest time, until the rest fits; never what this process
    /// uses.
    private func trim() {
        let files = FileManager.default
        var entries: [(path: String, name: String, size: Int, time: Date)] = []
        for name in (try? files.contentsOfDirectory(atPath: folder)) ?? []
        where name.utf8.count == 64 {
            let path = "\(folder)/\(name)"
            guard let attributes = try? files.attributesOfItem(atPath: path),
                let size = attributes[.size] as? NSNumber,
                let time = attributes[.modificationDate] as? Date
            else { continue }
            entries.append((path, name, size.intValue, time))
        }
        var total = entries.reduce(0) { $0 + $1.size }
        let mine = used.withLock { $0 }
        for entry in entries.sorted(by: { $0.time < $1.time }) where !mine.contains(entry.name) {
            guard total > quota else { return }
            try? files.removeItem(atPath: entry.path)
            try? files.removeItem(atPath: entry.path + ".lock")
            total -= entry.size
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}

/// Held while a file is fetched or checked, so that two workers of a machine do not both do it.
private final class Lock {
    private let file: FileHandle

    init(path: String) throws(ShardError) {
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        guard let file = FileHandle(forUpdatingAtPath: path) else {
            throw .file(path: path, reason: "cannot be written; name another folder with --cache")
        }
        _ = flock(file.fileDescriptor, LOCK_EX)
        self.file = file
    }

    func release() { try? file.close() }
}
