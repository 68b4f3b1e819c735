import Glibc

/// Reads a CT series of DICOM files as one volume in Hounsfield units.
package enum DICOMScanReader {
    /// A series that was read.
    package struct Scan: Hashable, Sendable {
        /// The voxels in the standard axial order.
        package let volume: Volume
        /// Whether the slices say how they lie in the patient.
        package let isOriented: Bool
        /// The files in anatomical order, as far as the volume holds them.
        package let files: [String]
        /// What was odd.
        package let findings: [DICOMFinding]
    }

    /// What samples that are padding become: the Hounsfield units of nothing at all.
    static let air: Float = -1024

    /// The names of the DICOM files in a folder, in the order of their names; others are counted.
    ///
    /// - Throws: ``ImageCodecError/unreadable(file:reason:)``.
    package static func files(
        in folder: String
    ) throws(ImageCodecError) -> (dicom: [String], others: [String]) {
        guard let stream = unsafe opendir(folder) else {
            throw .unreadable(file: folder, reason: FileBytes.lastError())
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." && name.uppercased() != "DICOMDIR" {
                names.append(name)
            }
        }
        var dicom: [String] = []
        var others: [String] = []
        for name in names.sorted() {
            if DICOMReader.reads("\(folder)/\(name)") {
                dicom.append(name)
            } else {
                others.append(name)
            }
        }
        return (dicom, others)
    }

    /// Reads the series in some files.
    ///
    /// - Parameters:
    ///   - paths: The files, in any order.
    ///   - series: The UID or number of the series, or `nil` when there is only one.
    ///   - folder: What to call them in messages.
    ///   - limits: What files may ask for.
    /// - Returns: The volume and what was odd.
    /// - Throws: ``ImageCodecError`` naming the file or the folder.
    package static func read(
        _ paths: [String], series: String? = nil, folder: String,
        limits: DecodingLimits = .init()
    ) throws(ImageCodecError) -> Scan {
        var headers: [DICOMHeader] = []
        var others: [(path: String, error: ImageCodecError)] = []
        for path in paths {
            do throws(ImageCodecError) {
                headers.append(try DICOMReader.header(path, limits: limits))
            } catch  where DICOMHeader.isNoSlice(error) {
                // Dose reports and the like, which scanners put beside the slices.
                others.append((path, error))
            }
        }
        if headers.isEmpty, let first = others.first { throw first.error }
        let arranged = try DICOMSeries(headers, named: series, folder: folder)
        var findings = arranged.findings
        if let example = others.first {
            findings.append(
                .foreignFiles(
                    count: others.count, example: DICOMSeries.lastName(example.path)))
        }
        return try read(arranged, findings: findings, folder: folder, limits: limits)
    }

    private static func read(
        _ series: DICOMSeries, findings: [DICOMFinding], folder: String, limits: DecodingLimits
    ) throws(ImageCodecError) -> Scan {
        let (rows, columns) = (series.slices[0].rows, series.slices[0].columns)
        let depth = series.repeatsPlace.count { !$0 }
        guard rows * columns <= limits.voxels / depth else {
            throw .tooLarge(
                file: folder, found: "\(depth) slices of \(columns)×\(rows)",
                limit: "\(limits.voxels) voxels")
        }
        var voxels: [Float] = []
        voxels.reserveCapacity(depth * rows * columns)
        var files: [String] = []
        var previous: [Float] = []
        var duplicates: [String] = []
        var padded = 0
        for (header, isRepeated) in zip(series.slices, series.repeatsPlace) {
            let slice = try DICOMReader.slice(header.file, limits: limits)
            guard slice.header == header else {
                throw .unreadable(file: header.file, reason: "it changes while it is read")
            }
            let (values, count) = hounsfield(slice)
            if isRepeated {
                guard values == previous else {
                    throw .series(
                        folder: folder,
                        reason: "\(DICOMSeries.lastName(header.file)) and "
                            + "\(DICOMSeries.lastName(files.last ?? "")) show different images of "
                            + "the same place",
                        advice: "two acquisitions are mixed; sort them into a folder each")
                }
                duplicates.append(DICOMSeries.lastName(header.file))
                continue
            }
            voxels += values
            padded += count
            files.append(header.file)
            previous = values
        }
        var findings = findings
        if let example = duplicates.first {
            findings.append(.duplicates(count: duplicates.count, example: example))
        }
        if padded > 0 {
            findings.append(.padding(share: Double(padded) / Double(voxels.count)))
        }
        let volume = Volume(
            stored: voxels, dimensions: [columns, rows, depth], affine: series.affine)
        return Scan(
            volume: volume, isOriented: series.isOriented, files: files, findings: findings)
    }

    /// The Hounsfield units of a slice and how many of its samples are padding.
    private static func hounsfield(_ slice: DICOMReader.Slice) -> ([Float], padded: Int) {
        let slope = slice.header.slope ?? 1
        let intercept = slice.header.intercept ?? 0
        guard let padding = slice.header.padding else {
            return (slice.samples.map { Float(Double($0) * slope + intercept) }, 0)
        }
        var padded = 0
        let values = slice.samples.map { sample -> Float in
            if padding.contains(sample) {
                padded += 1
                return air
            }
            return Float(Double(sample) * slope + intercept)
        }
        return (values, padded)
    }
}
