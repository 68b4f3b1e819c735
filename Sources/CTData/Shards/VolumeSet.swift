internal import Digests
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

    /// Opens the shards of a folder.
    ///
    /// - Parameters:
    ///   - folder: The folder.
    ///   - isVerifying: Whether every file's checksum is computed, at about 1 GB/s.
    /// - Throws: ``ShardError`` when a file is missing, damaged or not the one that was written.
    package init(folder: String, isVerifying: Bool = true) throws(ShardError) {
        let index = try JSON.decode(ShardIndex.self, from: "\(folder)/\(ShardIndex.fileName)")
        var shards: [SafetensorsFile] = []
        for shard in index.shards {
            guard Manifest.isContained(shard.file) else {
                throw .file(path: folder, reason: "the index names '\(shard.file)'")
            }
            let path = "\(folder)/\(shard.file)"
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
        fingerprint = try index.fingerprint()
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
        let measured = scans[scan].measured
        switch measured.storage {
        case .uint8:
            return try stored(slice, ofScan: scan, as: UInt8.self)
                .map { Float($0) + measured.offset }
        case .int16:
            return try stored(slice, ofScan: scan, as: Int16.self)
                .map { Float($0) + measured.offset }
        case .float32:
            return try stored(slice, ofScan: scan, as: Float.self)
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
