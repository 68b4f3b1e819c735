internal import Digests
internal import FoundationEssentials
package import ImageCodecs
internal import Tensors

/// What a file or a DICOM folder holds, once its voxels were decoded.
package struct Inspection: Encodable, Hashable, Sendable {
    /// The file or folder.
    package let file: String
    /// `png`, `tiff`, `nifti`, `dicom` or `dicom-series`.
    package let format: String
    /// Rows and columns of a picture; the file's axes of a volume, the fastest first; slices, rows
    /// and columns of a series.
    package let shape: [Int]
    /// How a voxel is stored.
    package let type: String
    /// Millimetres between voxels, in the order of ``shape``; empty where the file does not say.
    package let spacingInMillimetres: [Double]
    /// Where the axes lead: left or right, anterior or posterior, superior or inferior; empty where
    /// the file does not say.
    package let orientation: String
    /// Over the stored values of a DICOM file, else the values after slope and intercept.
    package let minimum: Double
    /// The largest.
    package let maximum: Double
    /// The mean, over voxels that are numbers.
    package let mean: Double
    /// Voxels that are no numbers.
    package let notNumbers: Int
    /// SHA-256 of the values as little-endian numbers of ``type``, in the file's order.
    package let sha256: String
    /// What else a DICOM file says.
    package var details: [String: String] = [:]
    /// What was odd about a DICOM series.
    package var findings: [String] = []
    /// The files of a DICOM series in anatomical order.
    package var files: [String] = []

    /// Decodes a file, or the DICOM series in a folder.
    ///
    /// - Parameters:
    ///   - path: The file or folder.
    ///   - series: The UID or number of the series in a folder that holds several.
    /// - Throws: `ImageCodecError` naming the file.
    package init(_ path: String, series: String? = nil) throws(ImageCodecError) {
        var isFolder = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder {
            try self.init(folder: path, series: series)
            return
        }
        switch ScanVolume.Kind(of: path) {
        case .nifti:
            let image = try NIfTIReader.read(path)
            self.init(
                path, "nifti", image.dimensions, image.sample, image.voxels,
                spacing: image.spacingInMillimetres,
                orientation: image.isOriented ? Self.orientation(image.affine) : "")
        case .pictures:
            let picture = try PictureReader.read(path)
            self.init(
                path, path.lowercased().hasSuffix("png") ? "png" : "tiff",
                [picture.height, picture.width], picture.sample, picture.pixels)
        case .dicom:
            let slice = try DICOMReader.slice(path)
            let header = slice.header
            let sample: Picture.Sample =
                switch (header.bitsAllocated, header.isSigned) {
                case (8, false): .uint8
                case (8, true): .int8
                case (_, false): .uint16
                case (_, true): .int16
                }
            self.init(
                path, "dicom", [header.rows, header.columns], sample,
                slice.samples.map { Float($0) }, spacing: header.spacingInMillimetres ?? [])
            details = [
                "modality": header.modality, "series": header.series,
                "transferSyntax": header.transferSyntax,
                "slope": header.slope.map { "\($0)" } ?? "",
                "intercept": header.intercept.map { "\($0)" } ?? "",
            ]
        }
    }

    private init(folder: String, series: String?) throws(ImageCodecError) {
        let (names, others) = try DICOMScanReader.files(in: folder)
        guard !names.isEmpty else {
            throw .unreadable(
                file: folder,
                reason: "no DICOM files in this folder; name a file, or the folder "
                    + "that holds the slices of a series")
        }
        let scan = try DICOMScanReader.read(
            names.map { "\(folder)/\($0)" }, series: series, folder: folder)
        let size = scan.volume.size
        self.init(
            folder, "dicom-series", [size.depth, size.height, size.width], .float32,
            scan.volume.voxels, spacing: scan.volume.geometry.spacingInMillimetres,
            orientation: scan.isOriented
                ? String(Self.orientation(scan.volume.geometry.affine).reversed()) : "")
        findings = scan.findings.map(\.description)
        if let example = others.first {
            findings.append(
                DICOMFinding.foreignFiles(count: others.count, example: example).description)
        }
        files = scan.files
    }

    private init(
        _ file: String, _ format: String, _ shape: [Int], _ sample: Picture.Sample,
        _ values: [Float], spacing: [Double] = [], orientation: String = ""
    ) {
        self.file = file
        self.format = format
        self.shape = shape
        type = sample.rawValue
        spacingInMillimetres = spacing
        self.orientation = orientation
        var (lowest, highest, sum, count) = (Float.infinity, -Float.infinity, 0.0, 0)
        for value in values where value.isFinite {
            lowest = min(lowest, value)
            highest = max(highest, value)
            sum += Double(value)
            count += 1
        }
        minimum = count > 0 ? Double(lowest) : 0
        maximum = count > 0 ? Double(highest) : 0
        mean = count > 0 ? sum / Double(count) : 0
        notNumbers = values.count - count
        sha256 = Self.digest(values, sample)
    }

    private static func digest(_ values: [Float], _ sample: Picture.Sample) -> String {
        var hash = SHA256()
        for start in stride(from: 0, to: values.count, by: 1 << 16) {
            let part = values[start..<min(start + 1 << 16, values.count)]
            switch sample {
            case .uint8: hash.update(part.map { UInt8($0) })
            case .int8: hash.update(part.map { UInt8(bitPattern: Int8($0)) })
            case .uint16: hash.update(part.flatMap { bytes(UInt16($0)) })
            case .int16: hash.update(part.flatMap { bytes(UInt16(bitPattern: Int16($0))) })
            case .float32: hash.update(part.flatMap { bytes($0.bitPattern) })
            }
        }
        return hexadecimal(hash.finalize())
    }

    private static func bytes<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        (0..<(Value.bitWidth / 8)).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    /// The letters of the directions that the axes of an affine lead to.
    private static func orientation(_ affine: [Double]) -> String {
        (0..<3).map { axis in
            let column = (0..<3).map { affine[$0 * 4 + axis] }
            let row = (0..<3).max { abs(column[$0]) < abs(column[$1]) } ?? 0
            return ["RL", "AP", "SI"][row].map(String.init)[column[row] > 0 ? 0 : 1]
        }.joined()
    }
}
