internal import Digests
internal import FoundationEssentials
package import RunConfiguration
import Safetensors

/// Packed scans, mapped into memory; safe to share between threads.
package final class VolumeSet: Sendable {
    /// The folder of the shards.
    package let folder: String
    /// What the shards were packed with.
    package let settings: PackingSettings
    /// The scans, in the order that they were packed in.
    package let scans: [VolumeDescription]
    /// SHA-256 over settings, scans and voxels, in hexadecimal; independent of where files lie.
    package let fingerprint: String
    private let shards: [SafetensorsFile]
    /// A scan that was read and never packed; then there are no shards.
    private let memory: PackedScan?
    private let positions: [String: Int]

    /// The set's files on this machine, by the SHA-256 of their bytes; the index is named by
    /// ``fingerprint``.
    package let files: [String: String]

    /// Opens the shards of a folder.
    ///
    /// - Parameters:
    ///   - folder: The folder.
    ///   - isVerifying: Whether every file's checksum is computed, at about 1 GB/s.
    /// - Throws: ``ShardError`` when a file is missing, damaged or not the one that was written.
    package convenience init(folder: String, isVerifying: Bool = true) throws(ShardError) {
        try self.init(
            index: "\(folder)/\(ShardIndex.fileName)", folder: folder, isVerifying: isVerifying
        ) { shard throws(ShardError) in
            guard Manifest.isContained(shard.file) else {
                throw .file(path: folder, reason: "the index names '\(shard.file)'")
            }
            return "\(folder)/\(shard.file)"
        }
    }

    /// Opens shards that lie in a cache, whatever names the index has for them.
    ///
    /// - Parameters:
    ///   - fingerprint: The set's fingerprint.
    ///   - cache: The cache.
    ///   - fetch: Brings what the cache has not.
    /// - Throws: ``ShardError``, or what `fetch` throws.
    package convenience init(
        fingerprint: String, in cache: ShardCache, fetch: ShardCache.Fetch
    ) throws {
        let path = try cache.path(of: fingerprint, fetch: fetch)
        let index = try JSON.decode(ShardIndex.self, from: path)
        var paths: [String: String] = [:]
        for shard in index.shards {
            paths[shard.sha256] = try cache.path(of: shard.sha256, fetch: fetch)
        }
        let found = paths
        // The cache has looked at every byte.
        try self.init(index: path, folder: cache.folder, isVerifying: false) {
            shard throws(ShardError) in
            guard let path = found[shard.sha256] else {
                throw .file(path: path, reason: "changed while it was read")
            }
            return path
        }
    }

    private init(
        index indexPath: String, folder: String, isVerifying: Bool,
        path: (ShardIndex.Shard) throws(ShardError) -> String
    ) throws(ShardError) {
        let index = try JSON.decode(ShardIndex.self, from: indexPath)
        var shards: [SafetensorsFile] = []
        var files: [String: String] = [:]
        for shard in index.shards {
            let path = try path(shard)
            files[shard.sha256] = path
            if isVerifying {
                guard try SHA256.hex(file: path) == shard.sha256 else {
                    throw .wrongChecksum(path: path)
                }
            }
            do {
                shards.append(try SafetensorsFile(path: path))
            } catch {
                throw .file(path: path, reason: "\(error)")
            }
        }
        for scan in index.scans {
            let name = Self.voxels(scan.position)
            guard shards.indices.contains(scan.shard),
                let entry = shards[scan.shard].tensors[name],
                entry.shape
                    == [scan.measured.storedSlices, index.settings.height, index.settings.width]
            else {
                throw .file(
                    path: folder, reason: "the index and the shards disagree on '\(scan.id)'")
            }
        }
        self.folder = folder
        self.settings = index.settings
        self.scans = index.scans
        self.shards = shards
        memory = nil
        let fingerprint = try index.fingerprint()
        files[fingerprint] = indexPath
        self.files = files
        self.fingerprint = fingerprint
        positions = Dictionary(
            index.scans.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Reads one scan into memory, as packing would store it: what a loader makes of it has the
    /// same bits.
    ///
    /// - Parameters:
    ///   - scan: The scan.
    ///   - root: The folder that its files are relative to.
    ///   - input: The settings.
    /// - Throws: ``ShardError`` naming the file.
    package init(
        reading scan: ScanReference, root: String, input: InputConfiguration
    ) throws(ShardError) {
        settings = try PackingSettings(input)
        let packed = try PackedScan.read(scan, root: root, fileBytes: 0, settings: settings)
        folder = root
        shards = []
        files = [:]
        memory = packed
        fingerprint = ""
        positions = [scan.id: 0]
        scans = [
            VolumeDescription(
                id: scan.id, patient: scan.patient, label: scan.label,
                classIndex: scan.classIndex, split: scan.split, measured: packed.measured,
                shard: 0, position: 0)
        ]
    }

    /// The folder that holds the set of a fingerprint: the given one, or one in it.
    package static func folder(of fingerprint: String, in parent: String) -> String? {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        for folder in [parent] + names.map({ "\(parent)/\($0)" }) {
            guard
                let index = try? JSON.decode(
                    ShardIndex.self, from: "\(folder)/\(ShardIndex.fileName)"),
                (try? index.fingerprint()) == fingerprint
            else { continue }
            return folder
        }
        return nil
    }

    /// Where a scan is in ``scans``.
    ///
    /// - Throws: ``ShardError/unknownScan(scan:folder:)``.
    package func index(of id: String) throws(ShardError) -> Int {
        guard let index = positions[id] else { throw .unknownScan(scan: id, folder: folder) }
        return index
    }

    /// The name of a scan's voxels in its shard.
    static func voxels(_ position: Int) -> String { "voxels/\(position)" }

    /// The name of a scan's padding mask in its shard.
    static func padding(_ position: Int) -> String { "padding/\(position)" }

    /// Numbers of one slice as they are stored.
    func stored<Element: BitwiseCopyable>(
        _ slice: Int, ofScan scan: Int, as type: Element.Type
    ) throws(ShardError) -> [Element] {
        let description = scans[scan]
        if let memory { return memory.slice(slice, count: settings.height * settings.width) }
        return try elements(
            of: Self.voxels(description.position), in: description.shard, as: type, slice: slice)
    }

    private func elements<Element: BitwiseCopyable>(
        of name: String, in shard: Int, as type: Element.Type, slice: Int
    ) throws(ShardError) -> [Element] {
        let area = settings.height * settings.width
        do {
            return try shards[shard].elements(
                of: name, as: type, in: (slice * area)..<((slice + 1) * area))
        } catch {
            throw .file(path: folder, reason: "\(error)")
        }
    }

    /// One stored slice in the intensities of its file: Hounsfield units or raw values.
    ///
    /// - Throws: ``ShardError/file(path:reason:)``.
    package func slice(_ slice: Int, ofScan scan: Int) throws(ShardError) -> [Float] {
        let description = scans[scan]
        let (area, offset) = (settings.height * settings.width, description.measured.offset)
        if let memory {
            switch description.measured.storage {
            case .uint8:
                let values: [UInt8] = memory.slice(slice, count: area)
                return values.map { Float($0) + offset }
            case .int16:
                let values: [Int16] = memory.slice(slice, count: area)
                return values.map { Float($0) + offset }
            case .float32: return memory.slice(slice, count: area)
            }
        }
        do {
            return try shards[description.shard].floats(
                of: Self.voxels(description.position), in: (slice * area)..<((slice + 1) * area),
                adding: offset)
        } catch {
            throw .file(path: folder, reason: "\(error)")
        }
    }

    /// Which voxels of a stored slice are padding (1); all 0 in `slices` mode.
    ///
    /// - Throws: ``ShardError/file(path:reason:)``.
    package func padding(_ slice: Int, ofScan scan: Int) throws(ShardError) -> [UInt8] {
        let area = settings.height * settings.width
        guard settings.mode == .physical else { return [UInt8](repeating: 0, count: area) }
        let description = scans[scan]
        if let memory { return Array(memory.padding[(slice * area)..<((slice + 1) * area)]) }
        return try elements(
            of: Self.padding(description.position), in: description.shard, as: UInt8.self,
            slice: slice)
    }
}
