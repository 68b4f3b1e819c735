import CPNG

/// Reads PNG files through libpng.
package enum PNGDecoder {
    /// The first channel of a PNG file, 8 or 16 bits.
    ///
    /// - Throws: ``ImageCodecError`` when the file is no PNG, is cut short, fails a checksum or
    ///   exceeds the limits.
    package static func read(
        _ path: String, limits: DecodingLimits = .init()
    ) throws(ImageCodecError) -> Picture {
        let bytes = try FileBytes.read(path, limit: limits.sliceBytes)
        guard bytes.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) else {
            throw .wrongFormat(
                file: path, expected: "a PNG file",
                found: bytes.starts(with: [0x89, 0x50])
                    ? "a broken signature" : ImageCodecError.guess(bytes))
        }
        var decoded = unsafe cpng_picture()
        let result = unsafe cpng_decode(
            bytes, bytes.count, UInt32(clamping: limits.pixels), UInt64(limits.pixels), &decoded)
        guard result == 0, let samples = unsafe decoded.samples else {
            throw unsafe .damaged(file: path, reason: message(&decoded.message))
        }
        defer { unsafe cpng_release(samples) }
        let width = unsafe Int(decoded.width)
        let height = unsafe Int(decoded.height)
        let isWide = unsafe decoded.bit_depth == 16
        let pixels =
            isWide
            ? unsafe floats(samples, width * height, UInt16.self)
            : unsafe floats(samples, width * height, UInt8.self)
        return Picture(
            width: width, height: height, sample: isWide ? .uint16 : .uint8, pixels: pixels)
    }
}

/// Writes PNG files through libpng; the bytes depend on the pixels alone.
package enum PNGEncoder {
    /// Writes 8-bit colour, three bytes per pixel, row by row.
    ///
    /// - Throws: ``ImageCodecError/unwritable(file:reason:)``.
    package static func write(
        rgb: [UInt8], width: Int, height: Int, to path: String
    ) throws(ImageCodecError) {
        try write(rgb, width: width, height: height, channels: 3, depth: 8, to: path)
    }

    /// Writes 8-bit grey, row by row.
    ///
    /// - Throws: ``ImageCodecError/unwritable(file:reason:)``.
    package static func write(
        gray: [UInt8], width: Int, height: Int, to path: String
    ) throws(ImageCodecError) {
        try write(gray, width: width, height: height, channels: 1, depth: 8, to: path)
    }

    /// Writes 16-bit grey, row by row.
    ///
    /// - Throws: ``ImageCodecError/unwritable(file:reason:)``.
    package static func write(
        gray16: [UInt16], width: Int, height: Int, to path: String
    ) throws(ImageCodecError) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(gray16.count * 2)
        for value in gray16 {
            bytes.append(UInt8(value >> 8))
            bytes.append(UInt8(truncatingIfNeeded: value))
        }
        try write(bytes, width: width, height: height, channels: 1, depth: 16, to: path)
    }

    private static func write(
        _ samples: [UInt8], width: Int, height: Int, channels: Int, depth: Int, to path: String
    ) throws(ImageCodecError) {
        precondition(width > 0 && height > 0, "an empty picture")
        precondition(
            samples.count == width * height * channels * depth / 8, "pixels and size disagree")
        var file = unsafe cpng_file()
        let result = unsafe cpng_encode(
            samples, UInt32(width), UInt32(height), CInt(channels), CInt(depth), &file)
        guard result == 0, let start = unsafe file.bytes else {
            throw unsafe .unwritable(file: path, reason: message(&file.message))
        }
        defer { unsafe cpng_release(start) }
        let bytes = unsafe [UInt8](UnsafeBufferPointer(start: start, count: file.count))
        try FileBytes.write(bytes, to: path)
    }
}

/// The text in a C character array, up to its zero.
func message<Characters>(_ characters: inout Characters) -> String {
    unsafe withUnsafeBytes(of: &characters) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}

/// Samples in native order as float32.
func floats<Value: BinaryInteger>(
    _ samples: UnsafeMutableRawPointer, _ count: Int, _ type: Value.Type
) -> [Float] {
    let values = unsafe UnsafeBufferPointer(
        start: samples.assumingMemoryBound(to: type), count: count)
    return unsafe values.map { Float($0) }
}
