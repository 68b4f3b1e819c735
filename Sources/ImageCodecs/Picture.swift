/// A decoded picture of one channel.
///
/// Of a colour picture the first channel is kept: the paper's code reads colour as RGB and keeps
/// channel 0, and CT slices saved in colour have three equal channels. Alpha is dropped, palettes
/// are looked up, and 1, 2 and 4-bit grey is stretched to 8 bits.
package struct Picture: Hashable, Sendable {
    /// How the file stores a sample.
    package enum Sample: String, Codable, Hashable, Sendable {
        case uint8
        case int8
        case uint16
        case int16
        case float32
    }

    /// Columns.
    package let width: Int
    /// Rows.
    package let height: Int
    /// The type in the file; every value of the integer types is exact in float32.
    package let sample: Sample
    /// The samples row by row, the first row on top.
    package let pixels: [Float]

    /// A picture of the given samples.
    package init(width: Int, height: Int, sample: Sample, pixels: [Float]) {
        precondition(pixels.count == width * height, "pixels and size disagree")
        self.width = width
        self.height = height
        self.sample = sample
        self.pixels = pixels
    }
}

/// The readers of slice files, by the ending of the name.
package enum PictureReader {
    /// The endings that are read.
    package static let endings = ["png", "tif", "tiff"]

    /// Whether a file name ends like a picture's.
    package static func reads(_ path: String) -> Bool {
        endings.contains { path.lowercased().hasSuffix(".\($0)") }
    }

    /// Reads a slice.
    ///
    /// - Throws: ``ImageCodecError`` naming the file.
    package static func read(
        _ path: String, limits: DecodingLimits = .init()
    ) throws(ImageCodecError) -> Picture {
        switch path.split(separator: ".").last.map({ $0.lowercased() }) {
        case "png": return try PNGDecoder.read(path, limits: limits)
        case "tif", "tiff": return try TIFFDecoder.read(path, limits: limits)
        default:
            throw .unsupported(
                file: path, found: "this ending",
                advice: "slices are .png, .tif or .tiff files")
        }
    }
}

extension ImageCodecError {
    /// What the first bytes of a file say that it is.
    static func guess(_ bytes: [UInt8]) -> String {
        switch Array(bytes.prefix(4)) {
        case []: "an empty file"
        case [0x89, 0x50, 0x4e, 0x47]: "a PNG file"
        case [0x49, 0x49, 0x2a, 0], [0x4d, 0x4d, 0, 0x2a], [0x49, 0x49, 0x2b, 0],
            [0x4d, 0x4d, 0, 0x2b]:
            "a TIFF file"
        case let head where head.starts(with: [0xff, 0xd8]): "a JPEG file"
        case let head where head.starts(with: [0x1f, 0x8b]): "a gzip file"
        default: "unknown content"
        }
    }
}
