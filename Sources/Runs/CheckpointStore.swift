import Digests
import FailPoints
import Foundation
package import Journal
import Safetensors

/// What a saved state is, and the bytes that it must have.
package struct CheckpointManifest: Codable, Hashable, Sendable {
    /// `voxelnas-checkpoint-1`.
    package var format = Self.currentFormat
    /// The configuration's digest.
    package var configuration: String
    /// Steps done.
    package var step: Int
    /// Rounds done.
    package var round: UInt64
    /// The root of the state.
    package var root: String
    /// The mean loss of the last step; absent at the start.
    package var loss: Double?
    /// Rounds whose results were in the log when the state was saved; absent where they are its own.
    ///
    /// Steps that were under way read states in between.
    package var logged: UInt64?
    /// Whether everything is finite and the loss is one that a search can go on from.
    package var isHealthy: Bool
    /// Bytes of the state's file.
    package var bytes = 0
    /// SHA-256 of the state's file.
    package var sha256 = ""

    static let currentFormat = "voxelnas-checkpoint-1"

    /// What is to be saved; the bytes are filled in when they are written.
    package init(
        configuration: String, step: Int, round: UInt64, logged: UInt64, root: String,
        loss: Double?, isHealthy: Bool
    ) {
        self.configuration = configuration
        self.step = step
        self.round = round
        self.logged = logged == round ? nil : logged
        self.root = root
        self.loss = loss
        self.isHealthy = isHealthy
    }

    /// The folder's name: rounds sort as time does.
    var folderName: String {
        let digits = String(round)
        return "round-" + String(repeating: "0", count: max(0, 10 - digits.count)) + digits
    }
}

/// The saved states of a run: each a folder that appears whole or not at all.
package struct CheckpointStore: Sendable {
    /// The folder of all.
    package let folder: String
    /// The name under which the newest state's file is found too.
    private let link: String
    private static let stateName = "search.safetensors"
    private static let manifestName = "manifest.json"
    /// Saved states that are kept besides the newest healthy one.
    private static let keptCount = 2

    /// The saved states of a run.
    package init(of directory: RunDirectory) {
        folder = directory.checkpointsPath
        link = directory.checkpointPath
    }

    /// Saves a state, and gives up old ones once it is safe.
    ///
    /// - Returns: The round from which on the log is to be kept.
    /// - Throws: `JournalError`, also for what the state's writer could not do.
    package func write(
        _ checkpoint: Checkpoint, _ manifest: CheckpointManifest
    ) throws(JournalError) -> UInt64 {
        let files = FileManager.default
        let target = folder + "/" + manifest.folderName
        let temporary = "\(folder)/.\(manifest.folderName).\(getpid()).temporary"
        try make(folder)
        removeTemporaries()
        // The same state again, such as that of a search that had ended: nothing to do.
        if let saved = try? self.manifest(of: target), saved.root == manifest.root,
            let found = try? Self.digest(of: target + "/" + Self.stateName),
            found.sha256 == saved.sha256
        {
            return prune()
        }
        try make(temporary)
        FailPoint.checkpointBegun.pass()
        do {
            try checkpoint.write(to: temporary + "/" + Self.stateName)
        } catch {
            try? files.removeItem(atPath: temporary)
            guard case .system(let path, let call, let code) = error else {
                throw JournalError(path: "\(error)", call: "write", code: EINVAL)
            }
            throw JournalError(path: path, call: call, code: code)
        }
        FailPoint.checkpointStateWritten.pass()
        var complete = manifest
        // Read back, so that the digest is of what the file holds.
        let found = try Self.digest(of: temporary + "/" + Self.stateName)
        (complete.sha256, complete.bytes) = (found.sha256, found.bytes)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        do {
            let file = try AppendingFile(path: temporary + "/" + Self.manifestName)
            try file.append((try? encoder.encode(complete)) ?? Data())
            try file.sync()
            FailPoint.checkpointManifestWritten.pass()
            try Folders.sync(temporary)
            try? files.removeItem(atPath: target)
            try Folders.rename(temporary, to: target)
            FailPoint.checkpointRenamed.pass()
            try Folders.sync(folder)
            try Folders.link(link, to: "checkpoints/\(manifest.folderName)/\(Self.stateName)")
        } catch {
            try? files.removeItem(atPath: temporary)
            throw error
        }
        let oldest = prune()
        FailPoint.checkpointsPruned.pass()
        return oldest
    }

    /// The newest state whose bytes are what its manifest says.
    ///
    /// - Parameters:
    ///   - digest: The configuration's digest.
    ///   - round: States of later rounds are passed over.
    ///   - report: Told of every damaged state that is passed over.
    /// - Returns: The state and its manifest, or `nil` where there is none.
    /// - Throws: ``RunError/otherConfiguration(path:found:expected:)``.
    package func newest(
        configuration digest: String, notAfter round: UInt64 = .max, report: (String) -> Void
    ) throws(RunError) -> (checkpoint: Checkpoint, manifest: CheckpointManifest)? {
        for name in names {
            let path = folder + "/" + name
            do {
                let manifest = try manifest(of: path)
                guard manifest.configuration == digest else {
                    throw RunError.otherConfiguration(
                        path: path, found: manifest.configuration, expected: digest)
                }
                guard manifest.round <= round else { continue }
                let state = path + "/" + Self.stateName
                let found = try Self.digest(of: state)
                guard found.sha256 == manifest.sha256 else {
                    throw RunError.damaged(
                        path: state,
                        reason: "SHA-256 is \(found.sha256.prefix(12)), the manifest says "
                            + "\(manifest.sha256.prefix(12))")
                }
                return (try Checkpoint(path: state), manifest)
            } catch let error as RunError {
                if case .otherConfiguration = error { throw error }
                report("\(error); going back to the saved state before it")
            } catch {
                report("\(error); going back to the saved state before it")
            }
        }
        return nil
    }

    /// The folders of saved states, newest first.
    private var names: [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return all.filter { $0.hasPrefix("round-") }.sorted(by: >)
    }

    private func manifest(of path: String) throws -> CheckpointManifest {
        let file = path + "/" + Self.manifestName
        guard let data = FileManager.default.contents(atPath: file),
            let manifest = try? JSONDecoder().decode(CheckpointManifest.self, from: data),
            manifest.format == CheckpointManifest.currentFormat
        else { throw RunError.damaged(path: file, reason: "not a manifest of a saved state") }
        return manifest
    }

    /// Removes all but the newest states and the newest healthy one.
    private func prune() -> UInt64 {
        var kept: [UInt64] = []
        var hasHealthy = false
        for (place, name) in names.enumerated() {
            guard let manifest = try? manifest(of: folder + "/" + name) else { continue }
            if place < Self.keptCount || (manifest.isHealthy && !hasHealthy) {
                kept.append(manifest.round)
            } else {
                try? FileManager.default.removeItem(atPath: folder + "/" + name)
            }
            hasHealthy = hasHealthy || manifest.isHealthy
        }
        // Behind a single saved state stands the start of the search.
        return kept.count < Self.keptCount ? 0 : kept.min() ?? 0
    }

    /// What earlier processes left half done.
    private func removeTemporaries() {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in all where name.hasPrefix(".") && name.hasSuffix(".temporary") {
            try? FileManager.default.removeItem(atPath: folder + "/" + name)
        }
    }

    private func make(_ path: String) throws(JournalError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        } catch {
            let posix = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
            throw JournalError(
                path: path, call: "mkdir", code: Int32(posix?.code ?? Int(ENOSPC)))
        }
    }

    private static func digest(of path: String) throws(JournalError) -> (sha256: String, bytes: Int)
    {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw JournalError(path: path, call: "open", code: ENOENT)
        }
        defer { try? handle.close() }
        var hash = SHA256()
        var bytes = 0
        do {
            while let part = try handle.read(upToCount: 4 << 20), !part.isEmpty {
                hash.update(part)
                bytes += part.count
            }
        } catch {
            throw JournalError(path: path, call: "read", code: EIO)
        }
        return (hexadecimal(hash.finalize()), bytes)
    }
}
