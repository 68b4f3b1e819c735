internal import FoundationEssentials
package import RunConfiguration

/// Packs scans into shards once, so that a sample is later a few copies from mapped memory.
///
/// The bytes are a function of the files and settings. Each shard appears whole or not at all, and
/// one whose sources and settings are unchanged is kept, so a packing that was stopped goes on.
package enum ShardPacker {
    /// How far a packing is.
    package struct Progress: Hashable, Sendable {
        /// Scans done.
        package let done: Int
        /// Scans in all.
        package let total: Int
        /// The scan that was just done; `nil` when a finished shard was kept.
        package let scan: String?
    }

    /// Scans per shard.
    package static let scansPerShard = 32

    /// Packs scans and opens the result.
    ///
    /// At most as many shards as threads, and one more, are in memory at once.
    ///
    /// - Parameters:
    ///   - scans: The scans; their order is the order of the set. See ``ScanLists/all``.
    ///   - root: The folder that their files are relative to.
    ///   - input: The settings.
    ///   - folder: Where the shards shall be; made when it is missing.
    ///   - threads: How many scans are prepared at once; `nil` for one per processor. The bytes do
    ///     not depend on it.
    ///   - progress: Called after each scan, from any thread but never twice at once.
    /// - Returns: The packed scans.
    /// - Throws: ``ShardError``; finished shards stay for the next attempt.
    package static func pack(
        _ scans: [ScanReference], root: String, input: InputConfiguration, into folder: String,
        threads: Int? = nil, progress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) throws(ShardError) -> VolumeSet {
        let settings = try PackingSettings(input)
        var origins: [String: String] = [:]
        for scan in scans {
            if let first = origins.updateValue(scan.origin, forKey: scan.id) {
                throw .duplicateScan(scan: scan.id, first: first, second: scan.origin)
            }
        }
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw .file(path: folder, reason: "\(error)")
        }
        var shards: [PackingShard] = []
        for start in stride(from: 0, to: scans.count, by: scansPerShard) {
            let part = Array(scans[start..<min(start + scansPerShard, scans.count)])
            let number = String(shards.count)
            let name = "shard-" + String(repeating: "0", count: max(0, 5 - number.count)) + number
            shards.append(
                try PackingShard(
                    name: name, folder: folder, scans: part, root: root, settings: settings))
        }
        let records = try PackingWork(shards, progress: progress).run(threads: threads)
        var descriptions: [VolumeDescription] = []
        for (number, shard) in shards.enumerated() {
            for (position, scan) in shard.scans.enumerated() {
                descriptions.append(
                    VolumeDescription(
                        id: scan.id, patient: scan.patient, label: scan.label,
                        classIndex: scan.classIndex, split: scan.split,
                        measured: records[number].scans[position], shard: number,
                        position: position))
            }
        }
        let index = ShardIndex(
            settings: settings,
            shards: zip(shards, records).map {
                .init(file: "\($0.name).safetensors", sha256: $1.sha256)
            }, scans: descriptions)
        try JSON.write(index, to: "\(folder)/\(ShardIndex.fileName)")
        return try VolumeSet(folder: folder, isVerifying: false)
    }
}
