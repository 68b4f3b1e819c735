internal import Digests
import ImageCodecs
import Safetensors

/// One shard to be made or kept.
struct PackingShard: Sendable {
    let name: String
    let folder: String
    let scans: [ScanReference]
    let root: String
    let settings: PackingSettings
    private let fileBytes: [Int]
    private let key: String

    private var path: String { "\(folder)/\(name).safetensors" }
    private var recordPath: String { "\(folder)/\(name).json" }

    /// What decides the shard's bytes.
    private struct Sources: Encodable {
        struct Scan: Encodable {
            let id: String
            let files: [String]
            let series: String?
            let sizes: [Int]
        }

        let settings: PackingSettings
        let scans: [Scan]
    }

    /// A shard of some scans; looks at the sizes of their files.
    ///
    /// - Throws: ``ShardError/damagedScan(scan:origin:reason:)`` for files that are not there.
    init(
        name: String, folder: String, scans: [ScanReference], root: String,
        settings: PackingSettings
    ) throws(ShardError) {
        self.name = name
        self.folder = folder
        self.scans = scans
        self.root = root
        self.settings = settings
        var sources: [Sources.Scan] = []
        for scan in scans {
            var sizes: [Int] = []
            for file in scan.files {
                sizes.append(try Self.size(of: file, root: root, scan: scan))
            }
            sources.append(
                .init(id: scan.id, files: scan.files, series: scan.series, sizes: sizes))
        }
        fileBytes = sources.map { $0.sizes.reduce(0, +) }
        key = SHA256.hex(try JSON.encode(Sources(settings: settings, scans: sources)))
    }

    /// The record of the shard if it lies there finished and made from the same files.
    func kept() -> ShardRecord? {
        guard let record = try? JSON.decode(ShardRecord.self, from: recordPath),
            record.key == key, record.scans.count == scans.count,
            let found = try? SHA256.hex(file: path), found == record.sha256
        else { return nil }
        return record
    }

    /// Reads and prepares a scan.
    func pack(_ position: Int) throws(ShardError) -> PackedScan {
        try PackedScan.read(
            scans[position], root: root, fileBytes: fileBytes[position], settings: settings)
    }

    /// Writes the finished shard and its record.
    func write(_ packed: [PackedScan]) throws(ShardError) -> ShardRecord {
        try write(packed, key: key)
        let record = ShardRecord(
            key: key, sha256: try SHA256.hex(file: path), scans: packed.map(\.measured))
        try JSON.write(record, to: recordPath)
        return record
    }

    private static func size(
        of file: String, root: String, scan: ScanReference
    ) throws(ShardError) -> Int {
        let path = root.isEmpty ? file : root + "/" + file
        do {
            return try FileBytes.size(of: path)
        } catch {
            throw .damagedScan(scan: scan.id, origin: scan.origin, reason: "\(error)")
        }
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
