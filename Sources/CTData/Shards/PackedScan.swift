import ImageCodecs
import RunConfiguration
import Tensors

/// A scan ready for a shard: every slice resized, or the block in millimetres.
struct PackedScan: Sendable {
    /// Stored numbers of one of the three kinds.
    enum Voxels: Sendable {
        case uint8([UInt8])
        case int16([Int16])
        case float32([Float])
    }

    let voxels: Voxels
    /// 1 where the block is padding; empty in `slices` mode.
    let padding: [UInt8]
    let measured: MeasuredScan

    /// Stored numbers of one slice, empty if they are of another kind.
    func slice<Element>(_ index: Int, count: Int) -> [Element] {
        let range = (index * count)..<((index + 1) * count)
        let found: Any =
            switch voxels {
            case .uint8(let values): Array(values[range])
            case .int16(let values): Array(values[range])
            case .float32(let values): Array(values[range])
            }
        return found as? [Element] ?? []
    }

    /// Reads and prepares a scan.
    ///
    /// - Throws: ``ShardError/damagedScan(scan:origin:reason:)``.
    static func read(
        _ scan: ScanReference, root: String, fileBytes: Int, settings: PackingSettings
    ) throws(ShardError) -> PackedScan {
        let paths = scan.files.map { root.isEmpty ? $0 : root + "/" + $0 }
        do {
            guard let first = paths.first else {
                throw ShardError.badSettings("scan '\(scan.id)' has no files")
            }
            guard ScanVolume.Kind(of: first) == .pictures else {
                return try volume(
                    ScanVolume(paths, series: scan.series), name: first, fileBytes: fileBytes,
                    settings: settings)
            }
            return try pictures(paths, fileBytes: fileBytes, settings: settings)
        } catch let error as ShardError {
            throw error
        } catch {
            throw .damagedScan(scan: scan.id, origin: scan.origin, reason: "\(error)")
        }
    }

    private static func volume(
        _ scan: consuming ScanVolume, name: String, fileBytes: Int, settings: PackingSettings
    ) throws -> PackedScan {
        guard settings.mode == .slices || scan.hasDistances else {
            throw ImageCodecError.series(
                folder: name,
                reason:
                    "no even distances between slices (\(scan.findings.joined(separator: "; ")))",
                advice: "use input.mode slices, or complete the series")
        }
        var volume = scan.volume
        var summary = IntensitySummary()
        summary.add(volume.voxels)
        if summary.notNumbers > 0 {
            guard summary.notNumbers * 2 <= volume.voxels.count else {
                throw ImageCodecError.damaged(
                    file: name,
                    reason: "\(summary.notNumbers) of \(volume.voxels.count) voxels are no numbers")
            }
            for index in volume.voxels.indices where !volume.voxels[index].isFinite {
                volume.voxels[index] = -1000
            }
        }
        let size = volume.size
        let stored: [Float]
        var padding: [UInt8] = []
        switch settings.mode {
        case .physical:
            let block = PhysicalResampling(
                size: VolumeSize(settings.depth, settings.height, settings.width),
                spacingInMillimetres: settings.spacingInMillimetres)
            (stored, padding) = block(volume)
        case .slices:
            let resize = SliceResize(
                inputHeight: size.height, inputWidth: size.width, settings: settings)
            let area = size.height * size.width
            stored = (0..<size.depth).flatMap { slice in
                resize(Array(volume.voxels[(slice * area)..<((slice + 1) * area)]))
            }
        }
        return PackedScan(
            voxels: settings.roundsVolumes ? .int16(rounded(stored, offset: 0)) : .float32(stored),
            padding: padding,
            measured: MeasuredScan(
                storage: settings.roundsVolumes ? .int16 : .float32, offset: 0, scale: .hounsfield,
                storedSlices: settings.mode == .physical ? settings.depth : size.depth,
                paddingShare: Double(padding.reduce(0) { $0 + Int($1) })
                    / Double(max(1, stored.count)),
                original: summary.original(
                    slices: size.depth, rows: size.height, columns: size.width,
                    spacing: volume.geometry.spacingInMillimetres, isOriented: scan.isOriented,
                    fileBytes: fileBytes, findings: scan.findings)))
    }

    private static func pictures(
        _ paths: [String], fileBytes: Int, settings: PackingSettings
    ) throws -> PackedScan {
        guard settings.mode == .slices else {
            throw ShardError.badSettings(
                "input.mode is physical, but \(paths.first ?? "") is a picture without a spacing; "
                    + "use mode slices, or NIfTI or DICOM files")
        }
        var summary = IntensitySummary()
        var first: Picture?
        var resize: SliceResize?
        var bytes: [UInt8] = []
        var integers: [Int16] = []
        var reals: [Float] = []
        for path in paths {
            let picture = try PictureReader.read(path)
            if let first {
                guard picture.width == first.width, picture.height == first.height,
                    picture.sample == first.sample
                else {
                    throw ImageCodecError.damaged(
                        file: path,
                        reason:
                            "\(picture.sample.rawValue) of \(picture.width)×\(picture.height), the "
                            + "first slice is \(first.sample.rawValue) of \(first.width)×\(first.height)"
                    )
                }
            } else {
                first = picture
                resize = SliceResize(
                    inputHeight: picture.height, inputWidth: picture.width, settings: settings)
            }
            var pixels = picture.pixels
            let before = summary.notNumbers
            summary.add(pixels)
            if summary.notNumbers > before {
                for index in pixels.indices where !pixels[index].isFinite { pixels[index] = 0 }
            }
            let slice = resize?(pixels) ?? []
            switch picture.sample {
            case .uint8: bytes += slice.map { UInt8(min(max($0.rounded(), 0), 255)) }
            case .uint16: integers += rounded(slice, offset: 32768)
            case .int8, .int16: integers += rounded(slice, offset: 0)
            case .float32: reals += slice
            }
        }
        guard let first else {
            throw ShardError.badSettings("a scan without slices")
        }
        let (voxels, storage, offset, scale):
            (Voxels, MeasuredScan.Storage, Float, IntensityWindow.Scale) =
                switch first.sample {
                case .uint8: (.uint8(bytes), .uint8, 0, .picture8)
                case .uint16: (.int16(integers), .int16, 32768, .picture16)
                case .int8, .int16: (.int16(integers), .int16, 0, .hounsfield)
                case .float32: (.float32(reals), .float32, 0, .pictureFloat)
                }
        return PackedScan(
            voxels: voxels, padding: [],
            measured: MeasuredScan(
                storage: storage, offset: offset, scale: scale, storedSlices: paths.count,
                paddingShare: 0,
                original: summary.original(
                    slices: paths.count, rows: first.height, columns: first.width, spacing: [],
                    isOriented: true, fileBytes: fileBytes)))
    }

    private static func rounded(_ values: [Float], offset: Float) -> [Int16] {
        values.map { Int16(min(max(($0 - offset).rounded(), -32768), 32767)) }
    }
}

extension SliceResize {
    fileprivate init(inputHeight: Int, inputWidth: Int, settings: PackingSettings) {
        self.init(
            inputHeight: inputHeight, inputWidth: inputWidth, height: settings.height,
            width: settings.width, ratio: settings.resizeRatio,
            antialiased: settings.resize == .antialiased)
    }
}

/// Sums over the intensities of a scan.
private struct IntensitySummary {
    var notNumbers = 0
    private var count = 0
    private var sum = 0.0
    private var squares = 0.0
    private var minimum = Float.infinity
    private var maximum = -Float.infinity

    mutating func add(_ values: [Float]) {
        for value in values {
            guard value.isFinite else {
                notNumbers += 1
                continue
            }
            count += 1
            sum += Double(value)
            squares += Double(value) * Double(value)
            minimum = min(minimum, value)
            maximum = max(maximum, value)
        }
    }

    func original(
        slices: Int, rows: Int, columns: Int, spacing: [Double], isOriented: Bool, fileBytes: Int,
        findings: [String] = []
    ) -> MeasuredScan.Original {
        let mean = sum / Double(max(count, 1))
        return MeasuredScan.Original(
            slices: slices, rows: rows, columns: columns, spacingInMillimetres: spacing,
            isOriented: isOriented, mean: mean,
            standardDeviation: max(0, squares / Double(max(count, 1)) - mean * mean).squareRoot(),
            minimum: count > 0 ? Double(minimum) : 0, maximum: count > 0 ? Double(maximum) : 0,
            notNumbers: notNumbers, fileBytes: fileBytes,
            findings: findings.isEmpty ? nil : findings)
    }
}
