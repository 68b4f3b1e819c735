internal import Digests
internal import Dispatch
internal import FoundationEssentials
import ImageCodecs
package import RunConfiguration
import Safetensors
internal import Synchronization

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
    /// - Parameters:
    ///   - scans: The scans; their order is the order of the set. See ``ScanLists/all``.
    ///   - root: The folder that their files are relative to.
    ///   - input: The settings.
    ///   - folder: Where the shards shall be; made when it is missing.
    ///   - progress: Called after each scan, from any thread but never twice at once.
    /// - Returns: The packed scans.
    /// - Throws: ``ShardError``; finished shards stay for the next attempt.
    package static func pack(
        _ scans: [ScanReference], root: String, input: InputConfiguration, into folder: String,
        progress: @escaping @Sendable (Progress) -> Void = { _ in }
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
        let counter = Mutex(0)
        let report: @Sendable (Int, String?) -> Void = { count, scan in
            counter.withLock { done in
                done += count
                progress(Progress(done: done, total: scans.count, scan: scan))
            }
        }
        var shards: [ShardIndex.Shard] = []
        var descriptions: [VolumeDescription] = []
        for start in stride(from: 0, to: scans.count, by: scansPerShard) {
            let part = Array(scans[start..<min(start + scansPerShard, scans.count)])
            let number = String(shards.count)
            let name = "shard-" + String(repeating: "0", count: max(0, 5 - number.count)) + number
            let shard = Shard(
                name: name, folder: folder, scans: part, root: root, settings: settings)
            let record = try shard.finish(report)
            for (position, scan) in part.enumerated() {
                descriptions.append(
                    VolumeDescription(
                        id: scan.id, patient: scan.patient, label: scan.label,
                        classIndex: scan.classIndex, split: scan.split,
                        measured: record.scans[position], shard: shards.count, position: position))
            }
            shards.append(.init(file: "\(name).safetensors", sha256: record.sha256))
        }
        let index = ShardIndex(settings: settings, shards: shards, scans: descriptions)
        try JSON.write(index, to: "\(folder)/\(ShardIndex.fileName)")
        return try VolumeSet(folder: folder, isVerifying: false)
    }
}

/// One shard to be made or kept.
private struct Shard {
    let name: String
    let folder: String
    let scans: [ScanReference]
    let root: String
    let settings: PackingSettings

    private var path: String { "\(folder)/\(name).safetensors" }
    private var recordPath: String { "\(folder)/\(name).json" }

    /// What decides the shard's bytes.
    private struct Sources: Encodable {
        struct Scan: Encodable {
            let id: String
            let files: [String]
            let sizes: [Int]
        }

        let settings: PackingSettings
        let scans: [Scan]
    }

    func finish(
        _ report: @escaping @Sendable (Int, String?) -> Void
    ) throws(ShardError) -> ShardRecord {
        var sources: [Sources.Scan] = []
        for scan in scans {
            var sizes: [Int] = []
            for file in scan.files { sizes.append(try size(of: file, scan: scan)) }
            sources.append(.init(id: scan.id, files: scan.files, sizes: sizes))
        }
        let key = SHA256.hex(try JSON.encode(Sources(settings: settings, scans: sources)))
        if let record = try? JSON.decode(ShardRecord.self, from: recordPath), record.key == key,
            let found = try? SHA256.hex(file: path), found == record.sha256,
            record.scans.count == scans.count
        {
            report(scans.count, nil)
            return record
        }
        let packed = try readAll(
            fileBytes: sources.map { $0.sizes.reduce(0, +) }, report)
        try write(packed, key: key)
        let record = ShardRecord(
            key: key, sha256: try SHA256.hex(file: path), scans: packed.map(\.measured))
        try JSON.write(record, to: recordPath)
        return record
    }

    private func size(of file: String, scan: ScanReference) throws(ShardError) -> Int {
        let path = root.isEmpty ? file : root + "/" + file
        do {
            return try FileBytes.size(of: path)
        } catch {
            throw .damagedScan(scan: scan.id, origin: scan.origin, reason: "\(error)")
        }
    }

    private func readAll(
        fileBytes: [Int], _ report: @escaping @Sendable (Int, String?) -> Void
    ) throws(ShardError) -> [PackedScan] {
        let results = Mutex<[Int: Result<PackedScan, ShardError>]>([:])
        let hasFailed = Atomic(false)
        let (scans, root, settings) = (scans, root, settings)
        DispatchQueue.concurrentPerform(iterations: scans.count) { position in
            guard !hasFailed.load(ordering: .relaxed) else { return }
            let result: Result<PackedScan, ShardError>
            do throws(ShardError) {
                result = .success(
                    try PackedScan.read(
                        scans[position], root: root, fileBytes: fileBytes[position],
                        settings: settings))
                report(1, scans[position].id)
            } catch {
                hasFailed.store(true, ordering: .relaxed)
                result = .failure(error)
            }
            results.withLock { $0[position] = result }
        }
        let finished = results.withLock { $0 }
        var packed: [PackedScan] = []
        for position in scans.indices {
            guard let result = finished[position] else { continue }
            packed.append(try result.get())
        }
        return packed
    }

    private func write(_ packed: [PackedScan], key: String) throws(ShardError) {
        var declarations: [SafetensorsWriter.Declaration] = []
        for (position, scan) in packed.enumerated() {
            let shape = [scan.measured.storedSlices, settings.height, settings.width]
            let type: ElementType =
                switch scan.measured.storage {
                case .uint8: .uint8
                case .int16: .int16
                case .float32: .float32
                }
            declarations.append(.init(name: VolumeSet.voxels(position), type: type, shape: shape))
            if !scan.padding.isEmpty {
                declarations.append(
                    .init(name: VolumeSet.padding(position), type: .uint8, shape: shape))
            }
        }
        do {
            var writer = try SafetensorsWriter(
                path: path, tensors: declarations, metadata: ["key": key])
            for (position, scan) in packed.enumerated() {
                let name = VolumeSet.voxels(position)
                switch scan.voxels {
                case .uint8(let values): try writer.append(values, to: name)
                case .int16(let values): try writer.append(values, to: name)
                case .float32(let values): try writer.append(values, to: name)
                }
                if !scan.padding.isEmpty {
                    try writer.append(scan.padding, to: VolumeSet.padding(position))
                }
            }
            try writer.finish()
        } catch {
            throw .file(path: path, reason: "\(error)")
        }
    }
}
