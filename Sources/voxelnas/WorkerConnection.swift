import ArgumentParser
import CTData
import Foundation
import Identities
import Pipeline
import Transport
import WireProtocol
import Worker

/// How a worker finds its coordinator and its data; `worker` and `doctor` have it in common.
struct WorkerConnection: ParsableArguments {
    @Option(help: "The coordinator, such as tcp://192.168.1.5:7731.") var connect: String
    @Option(help: "The file of this worker's key, where the coordinator has keys.")
    var key: String?
    @Option(
        help: """
            A folder on this machine with the packed shards. What is not there, or has another \
            SHA-256, is fetched from the coordinator.
            """)
    var shards: String?
    @Option(help: "The folder for fetched shards.") var cache: String?
    @Option(help: "Gigabytes that fetched shards may take.") var cacheQuota = 50

    func validate() throws {
        guard (1...1_000_000).contains(cacheQuota) else {
            throw ValidationError("--cache-quota takes 1 to 1000000")
        }
    }

    /// The coordinator's address.
    func address() throws -> CoordinatorAddress {
        try CoordinatorAddress(
            connect.hasPrefix("tcp://") ? String(connect.dropFirst(6)) : connect)
    }

    /// The key, which must be a worker's.
    func keyFile() throws -> KeyFile? {
        guard let key else { return nil }
        let file = try KeyFile(contentsOf: key)
        guard file.role == .worker else {
            throw KeyError.wrongRole(path: key, found: file.role, needed: .worker)
        }
        return file
    }

    /// The name for people: the given one, or the key's, or the host's.
    ///
    /// - Throws: ``OtherName`` when the key was not issued for the given name.
    func name(_ given: String?, key: KeyFile?) throws -> String {
        guard let key else { return given ?? ProcessInfo.processInfo.hostName }
        guard let given else { return key.name }
        // The coordinator starts workers with one key under many names.
        guard key.covers(workerName: given) || key.name == "local" else {
            throw OtherName(given: given, key: key.name)
        }
        return given
    }

    /// The folder of fetched shards.
    var cacheFolder: String {
        cache ?? FileManager.default.homeDirectoryForCurrentUser.path + "/.cache/voxelnas/shards"
    }

    /// Opens what the coordinator has, fetching what this machine lacks.
    func volumes(
        _ fingerprint: String, from address: CoordinatorAddress, dataPort: Int, key: KeyFile?
    ) throws -> VolumeSet {
        let cache = ShardCache(folder: cacheFolder, quota: cacheQuota * 1_000_000_000)
        let fetcher = ShardFetcher(address: address, dataPort: dataPort, key: key)
        return try VolumeSet(fingerprint: fingerprint, in: cache) { sha256, offset, write in
            guard let shard = ShardID(hexadecimal: sha256) else {
                throw WorkerError.noShard("'\(sha256)' is no SHA-256")
            }
            FileHandle.standardError.write(
                Data("fetching \(sha256.prefix(12))… from byte \(offset)\n".utf8))
            try fetcher.fetch(shard, from: offset, write: write)
        }
    }
}

/// A worker's name is not one that its key was issued for.
struct OtherName: Error, CustomStringConvertible {
    let given: String
    let key: String

    var description: String {
        "--name \(given): the key was issued to '\(key)'; leave --name out, or use '\(key)' or "
            + "'\(key)/…', or issue a key for '\(given)'"
    }
}
