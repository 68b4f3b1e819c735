import CDICOM

/// Reads single DICOM images through DCMTK; ``DICOMScanReader`` makes volumes of them.
package enum DICOMReader {
    /// One slice as its file stores it.
    package struct Slice: Hashable, Sendable {
        /// What the file says about it.
        package let header: DICOMHeader
        /// The stored samples row by row, before slope and intercept.
        package let samples: [Int32]
    }

    /// Whether a file's content is DICOM: the letters `DICM` after a preamble of 128 bytes.
    ///
    /// Files without them exist; what they are can only be guessed, so they are not read.
    package static func reads(_ path: String) -> Bool {
        guard let head = try? FileBytes.head(of: path, count: 132) else { return false }
        return hasPrefix(head)
    }

    /// The header of a file that holds an image.
    ///
    /// - Throws: ``ImageCodecError`` for what is no DICOM file, damaged, or no single grey image.
    package static func header(
        _ path: String, limits: DecodingLimits = .init()
    ) throws(ImageCodecError) -> DICOMHeader {
        try header(of: try bytes(path, limits), path: path, limits: limits)
    }

    /// A file's header and samples.
    ///
    /// - Throws: ``ImageCodecError`` as ``header(_:limits:)``, and for pixels that cannot be decoded.
    package static func slice(
        _ path: String, limits: DecodingLimits = .init()
    ) throws(ImageCodecError) -> Slice {
        let bytes = try bytes(path, limits)
        let header = try header(of: bytes, path: path, limits: limits)
        let count = header.rows * header.columns
        let size = count * header.bitsAllocated / 8
        var text = [CChar](repeating: 0, count: Int(CDICOM_MESSAGE_SIZE))
        var raw = [UInt16](repeating: 0, count: (size + 1) / 2)
        let result = unsafe raw.withUnsafeMutableBytes { target in
            unsafe target.baseAddress.map {
                unsafe cdicom_read_pixels(bytes, bytes.count, $0, size, &text)
            } ?? -1
        }
        let reason = String(
            decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        if result == -2 {
            throw .unsupported(
                file: path, found: reason,
                advice: "decompress it with `gdcmconv --raw` or convert it with `dcm2niix`")
        }
        guard result == 0 else { throw .damaged(file: path, reason: reason) }
        let samples: [Int32] =
            if header.bitsAllocated == 8 {
                unsafe raw.withUnsafeBytes { source in
                    unsafe source.prefix(count).map { header.stored(UInt16($0)) }
                }
            } else {
                raw.map { header.stored($0) }
            }
        return Slice(header: header, samples: samples)
    }

    private static func bytes(
        _ path: String, _ limits: DecodingLimits
    ) throws(ImageCodecError) -> [UInt8] {
        let bytes = try FileBytes.read(path, limit: limits.sliceBytes)
        guard hasPrefix(bytes) else {
            throw .wrongFormat(
                file: path, expected: "a DICOM file with the letters DICM at byte 128",
                found: ImageCodecError.guess(bytes))
        }
        return bytes
    }

    private static func hasPrefix(_ bytes: [UInt8]) -> Bool {
        bytes.count >= 132 && Array(bytes[128..<132]) == Array("DICM".utf8)
    }

    private static func header(
        of bytes: [UInt8], path: String, limits: DecodingLimits
    ) throws(ImageCodecError) -> DICOMHeader {
        var found = cdicom_header()
        var text = [CChar](repeating: 0, count: Int(CDICOM_MESSAGE_SIZE))
        guard unsafe cdicom_read_header(bytes, bytes.count, &found, &text) == 0 else {
            throw .damaged(
                file: path,
                reason: String(
                    decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
        }
        let header = try DICOMHeader(&found, file: path)
        let (pixels, overflow) = header.rows.multipliedReportingOverflow(by: header.columns)
        guard !overflow, pixels <= limits.pixels else {
            throw .tooLarge(
                file: path, found: "\(header.columns)×\(header.rows) pixels",
                limit: "\(limits.pixels)")
        }
        return header
    }
}
