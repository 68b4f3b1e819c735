import CDICOM

/// What a DICOM file says about its image, as far as a CT slice needs it.
package struct DICOMHeader: Hashable, Sendable {
    /// The file.
    package let file: String
    /// How the pixels are encoded, a UID.
    package let transferSyntax: String
    /// The series; in archives not always a valid UID.
    package let series: String
    /// The number of the series in its study, as text; may be empty.
    package let seriesNumber: String
    /// What the scanner calls the series; may be empty.
    package let seriesDescription: String
    /// The patient's identifier; may be empty.
    package let patient: String
    /// `CT`, `MR` and so on; may be empty.
    package let modality: String
    /// The values of ImageType, such as `ORIGINAL`, `PRIMARY`, `AXIAL`.
    package let imageType: [String]
    /// Rows.
    package let rows: Int
    /// Columns.
    package let columns: Int
    /// Bits that a sample takes in the file, 8 or 16.
    package let bitsAllocated: Int
    /// Bits of a sample that count.
    package let bitsStored: Int
    /// The highest of them.
    package let highBit: Int
    /// Whether samples are signed.
    package let isSigned: Bool
    /// Millimetres to the patient's left, back and head; `nil` when the file does not say.
    package let position: [Double]?
    /// Unit vectors along a row and along a column, six numbers.
    package let orientation: [Double]?
    /// Millimetres between rows and between columns.
    package let spacingInMillimetres: [Double]?
    /// What a sample is multiplied with.
    package let slope: Double?
    /// What is added then: the result is Hounsfield units.
    package let intercept: Double?
    /// Millimetres that the slice is thick.
    package let thicknessInMillimetres: Double?
    /// The scanner's own position along the table.
    package let location: Double?
    /// The slice's number in the series.
    package let instance: Double?
    /// The number of the acquisition in the series.
    package let acquisition: Double?
    /// Stored samples that stand for no measurement.
    package let padding: ClosedRange<Int32>?

    /// Whether the image is a scout view.
    package var isLocalizer: Bool { imageType.contains("LOCALIZER") }

    /// The unit vector that the slices are stacked along, the one of its two directions that runs
    /// to the head, the back or the left, whichever it is closest to.
    package var normal: [Double]? {
        guard let orientation else { return nil }
        let (r, c) = (Array(orientation[..<3]), Array(orientation[3...]))
        let cross = [
            r[1] * c[2] - r[2] * c[1], r[2] * c[0] - r[0] * c[2], r[0] * c[1] - r[1] * c[0],
        ]
        let dominant = (0..<3).max { abs(cross[$0]) < abs(cross[$1]) } ?? 2
        return cross[dominant] < 0 ? cross.map { -$0 } : cross
    }

    /// The stored sample of raw bits: shifted, cut and with its sign.
    func stored(_ raw: UInt16) -> Int32 {
        let shifted = Int32(raw) >> Int32(highBit + 1 - bitsStored)
        let mask = (Int32(1) << Int32(bitsStored)) - 1
        let value = shifted & mask
        return isSigned && value >> Int32(bitsStored - 1) & 1 == 1 ? value - mask - 1 : value
    }
}

extension DICOMHeader {
    /// Checks what DCMTK found.
    init(_ found: inout cdicom_header, file: String) throws(ImageCodecError) {
        func number(_ state: CInt, _ value: Double, _ name: String) throws(ImageCodecError)
            -> Double?
        {
            guard state != CInt(CDICOM_MALFORMED) else {
                throw .damaged(file: file, reason: "\(name) is no number")
            }
            return state == CInt(CDICOM_FOUND) ? value : nil
        }
        self.file = file
        transferSyntax = message(&found.transfer_syntax)
        series = message(&found.series)
        seriesNumber = message(&found.series_number)
        seriesDescription = message(&found.series_description)
        patient = message(&found.patient)
        modality = message(&found.modality)
        imageType = message(&found.image_type).split(separator: "\\").map {
            $0.uppercased()
        }
        rows = Int(found.rows)
        columns = Int(found.columns)
        bitsAllocated = Int(found.bits_allocated)
        bitsStored = Int(found.bits_stored)
        highBit = Int(found.high_bit)
        isSigned = found.is_signed == 1
        let (p, o, s) = (found.position, found.orientation, found.spacing)
        position =
            try number(found.position_state, 0, "ImagePositionPatient")
            .map { _ in [p.0, p.1, p.2] }
        orientation =
            try number(found.orientation_state, 0, "ImageOrientationPatient")
            .map { _ in [o.0, o.1, o.2, o.3, o.4, o.5] }
        spacingInMillimetres =
            try number(found.spacing_state, 0, "PixelSpacing").map { _ in [s.0, s.1] }
        slope = try number(found.slope_state, found.slope, "RescaleSlope")
        intercept = try number(found.intercept_state, found.intercept, "RescaleIntercept")
        thicknessInMillimetres =
            try number(found.thickness_state, found.thickness, "SliceThickness")
        location = try number(found.location_state, found.location, "SliceLocation")
        instance = try number(found.instance_state, found.instance, "InstanceNumber")
        acquisition =
            try number(found.acquisition_state, found.acquisition, "AcquisitionNumber")
        let signed = isSigned
        func sample(_ bits: UInt16) -> Int32 {
            signed ? Int32(Int16(bitPattern: bits)) : Int32(bits)
        }
        if found.padding_state == CInt(CDICOM_FOUND) {
            let first = sample(found.padding)
            let last =
                found.padding_limit_state == CInt(CDICOM_FOUND)
                ? sample(found.padding_limit) : first
            padding = min(first, last)...max(first, last)
        } else {
            padding = nil
        }
        try checkPixels(
            (
                hasPixels: found.has_pixels != 0, frames: Int(found.frames),
                samples: Int(found.samples), photometric: message(&found.photometric)
            ))
        try checkGeometry()
    }

    private func checkPixels(
        _ found: (hasPixels: Bool, frames: Int, samples: Int, photometric: String)
    ) throws(ImageCodecError) {
        func refuse(_ what: String, _ advice: String) throws(ImageCodecError) -> Never {
            throw .unsupported(file: file, found: what, advice: advice)
        }
        guard !transferSyntax.isEmpty else {
            throw .damaged(file: file, reason: "no transfer syntax in its header")
        }
        guard found.hasPixels, rows != 0, columns != 0 else {
            try refuse(
                Self.noImage + (modality.isEmpty ? "" : " (\(modality))"),
                "name CT slices only")
        }
        guard found.frames >= 0, found.samples > 0, rows > 0, columns > 0, bitsAllocated > 0 else {
            throw .damaged(file: file, reason: "the size of its image is no number")
        }
        guard found.samples == 1, found.photometric != "PALETTE COLOR" else {
            try refuse(Self.colour + " (\(found.photometric))", "CT slices are grey")
        }
        guard found.frames <= 1 else {
            try refuse(
                "\(Self.frames) (\(found.frames))", "export one file per slice")
        }
        guard found.photometric != "MONOCHROME1" else {
            try refuse("inverted grey (MONOCHROME1)", "export CT slices as MONOCHROME2")
        }
        guard bitsAllocated == 8 || bitsAllocated == 16 else {
            try refuse("\(bitsAllocated) bits per sample", "CT slices have 8 or 16")
        }
        guard (1...bitsAllocated).contains(bitsStored), highBit < bitsAllocated,
            highBit + 1 >= bitsStored
        else {
            throw .damaged(
                file: file,
                reason: "\(bitsStored) bits up to bit \(highBit) of \(bitsAllocated)")
        }
        if Self.jpeg2000.contains(transferSyntax) {
            try refuse(
                "JPEG 2000", "decompress it with `gdcmconv --raw` or convert it with `dcm2niix`")
        }
    }

    private func checkGeometry() throws(ImageCodecError) {
        if let orientation {
            let (r, c) = (orientation[..<3], orientation[3...])
            func product(_ a: ArraySlice<Double>, _ b: ArraySlice<Double>) -> Double {
                zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
            }
            guard abs(product(r, r) - 1) < 0.02, abs(product(c, c) - 1) < 0.02,
                abs(product(r, c)) < 0.02
            else {
                throw .damaged(
                    file: file, reason: "ImageOrientationPatient \(orientation) is no orientation")
            }
        }
        if let spacingInMillimetres {
            guard spacingInMillimetres.allSatisfy({ $0 > 1e-4 && $0 < 1e4 }) else {
                throw .damaged(file: file, reason: "PixelSpacing \(spacingInMillimetres)")
            }
        }
        if let position, !position.allSatisfy({ abs($0) < 1e6 }) {
            throw .damaged(file: file, reason: "ImagePositionPatient \(position)")
        }
    }

    private static let noImage = "a DICOM file without an image"
    private static let colour = "a colour picture"
    private static let frames = "a file of several frames"

    /// Whether a file was refused because it is something else than a slice, and not because its
    /// slice cannot be read.
    static func isNoSlice(_ error: ImageCodecError) -> Bool {
        guard case .unsupported(_, let found, _) = error else { return false }
        return [noImage, colour, frames].contains { found.hasPrefix($0) }
    }

    /// Part 1 and part 2 of JPEG 2000 and high-throughput JPEG 2000.
    private static let jpeg2000: Set<String> = [
        "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.92",
        "1.2.840.10008.1.2.4.93", "1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202",
        "1.2.840.10008.1.2.4.203",
    ]
}
