import CTIFF

/// Reads TIFF files through libtiff.
package enum TIFFDecoder {
    /// The first channel of a TIFF file of one page: 8 or 16-bit integers or 32-bit floats, in
    /// strips or tiles, with any compression that libtiff knows.
    ///
    /// - Throws: ``ImageCodecError`` when the file is no TIFF, is damaged, has several pages or is
    ///   of a kind that is no grey or RGB picture.
    package static func read(
        _ path: String, limits: DecodingLimits = .init()
    ) throws(ImageCodecError) -> Picture {
        let size = try FileBytes.size(of: path)
        guard size <= limits.sliceBytes else {
            throw .tooLarge(
                file: path, found: "\(size) bytes", limit: "\(limits.sliceBytes) bytes")
        }
        let head = try FileBytes.head(of: path, count: 4)
        guard ImageCodecError.guess(head) == "a TIFF file" else {
            throw .wrongFormat(
                file: path, expected: "a TIFF file", found: ImageCodecError.guess(head))
        }
        var decoded = unsafe ctiff_picture()
        let result = unsafe ctiff_decode(path, UInt64(limits.pixels), &decoded)
        if result == -2 {
            throw .unsupported(
                file: path, found: unsafe message(&decoded.message),
                advice: "save it as one page of 8 or 16-bit grey or 32-bit floats, 0 as black, the "
                    + "first row on top")
        }
        guard result == 0, let samples = unsafe decoded.samples else {
            throw unsafe .damaged(file: path, reason: message(&decoded.message))
        }
        defer { unsafe ctiff_release(samples) }
        let width = unsafe Int(decoded.width)
        let height = unsafe Int(decoded.height)
        let count = width * height
        let sample: Picture.Sample
        let pixels: [Float]
        switch unsafe Int(decoded.kind) {
        case Int(CTIFF_UINT8):
            sample = .uint8
            pixels = unsafe floats(samples, count, UInt8.self)
        case Int(CTIFF_INT8):
            sample = .int8
            pixels = unsafe floats(samples, count, Int8.self)
        case Int(CTIFF_UINT16):
            sample = .uint16
            pixels = unsafe floats(samples, count, UInt16.self)
        case Int(CTIFF_INT16):
            sample = .int16
            pixels = unsafe floats(samples, count, Int16.self)
        default:
            sample = .float32
            pixels = unsafe Array(
                UnsafeBufferPointer(
                    start: samples.assumingMemoryBound(to: Float.self), count: count))
        }
        return Picture(width: width, height: height, sample: sample, pixels: pixels)
    }
}

/// Writes TIFF files through libtiff.
package enum TIFFEncoder {
    /// Writes 16-bit grey, row by row, with deflate.
    ///
    /// - Throws: ``ImageCodecError/unwritable(file:reason:)``.
    package static func write(
        gray16: [UInt16], width: Int, height: Int, to path: String
    ) throws(ImageCodecError) {
        precondition(width > 0 && gray16.count == width * height, "pixels and size disagree")
        let temporary = FileBytes.temporaryName(for: path)
        var text = [CChar](repeating: 0, count: Int(CTIFF_MESSAGE_SIZE))
        let result = unsafe ctiff_write_gray16(
            temporary, gray16, UInt32(width), UInt32(height), &text)
        guard result == 0 else {
            let reason = String(
                decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            throw .unwritable(file: path, reason: reason)
        }
        try FileBytes.moveIntoPlace(temporary, path)
    }
}
