import Foundation

/// Writes small DICOM files for tests: explicit little endian, 16 bits.
struct DICOMFile {
    var rows = 4
    var columns = 5
    var isSigned = false
    var bitsStored = 12
    var transferSyntax = "1.2.840.10008.1.2.1"
    var modality = "CT"
    var series = "1.2.3"
    var seriesNumber = "7"
    var patient = "p"
    var imageType = "ORIGINAL\\PRIMARY\\AXIAL"
    var position: String? = "-10\\-20\\30"
    var orientation: String? = "1\\0\\0\\0\\1\\0"
    var spacing: String? = "0.5\\0.75"
    var rescale: (slope: String, intercept: String)? = ("1", "-1024")
    var padding: UInt16?
    var instance: String? = "1"
    var frames: Int?
    var thickness: String? = "2"
    var samples: [UInt16] = []

    /// The bytes of the file.
    var bytes: [UInt8] {
        let meta = Self.element(2, 0x10, "UI", Array(transferSyntax.utf8))
        var result = [UInt8](repeating: 0, count: 128) + Array("DICM".utf8)
        result += Self.element(2, 0, "UL", Self.little(UInt32(meta.count))) + meta
        func text(_ group: UInt16, _ number: UInt16, _ type: String, _ value: String?) {
            if let value { result += Self.element(group, number, type, Array(value.utf8)) }
        }
        func number(_ group: UInt16, _ number: UInt16, _ value: Int) {
            result += Self.element(group, number, "US", Self.little(UInt16(value)))
        }
        text(0x08, 0x08, "CS", imageType)
        text(0x08, 0x60, "CS", modality)
        text(0x10, 0x20, "LO", patient)
        text(0x18, 0x50, "DS", thickness)
        text(0x20, 0x0e, "UI", series)
        text(0x20, 0x11, "IS", seriesNumber)
        text(0x20, 0x13, "IS", instance)
        text(0x20, 0x32, "DS", position)
        text(0x20, 0x37, "DS", orientation)
        number(0x28, 0x02, 1)
        text(0x28, 0x04, "CS", "MONOCHROME2")
        text(0x28, 0x08, "IS", frames.map { "\($0)" })
        number(0x28, 0x10, rows)
        number(0x28, 0x11, columns)
        text(0x28, 0x30, "DS", spacing)
        number(0x28, 0x100, 16)
        number(0x28, 0x101, bitsStored)
        number(0x28, 0x102, bitsStored - 1)
        number(0x28, 0x103, isSigned ? 1 : 0)
        if let padding {
            result += Self.element(0x28, 0x120, isSigned ? "SS" : "US", Self.little(padding))
        }
        text(0x28, 0x1052, "DS", rescale?.intercept)
        text(0x28, 0x1053, "DS", rescale?.slope)
        let pixels = samples.isEmpty ? Array(repeating: 0, count: rows * columns) : samples
        let uncompressed = ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"].contains(transferSyntax)
        guard !uncompressed else {
            return result + Self.element(0x7fe0, 0x10, "OW", pixels.flatMap { Self.little($0) })
        }
        // An empty table of offsets and one fragment: what only RLE makes sense of.
        let fragment = Self.runLengths(pixels)
        result += Self.little(UInt16(0x7fe0)) + Self.little(UInt16(0x10)) + Array("OB".utf8)
        result += [0, 0, 255, 255, 255, 255, 0xfe, 0xff, 0, 0xe0, 0, 0, 0, 0, 0xfe, 0xff, 0, 0xe0]
        return result + Self.little(UInt32(fragment.count)) + fragment
            + [0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]
    }

    /// The high bytes and the low bytes of at most 128 samples, each as one literal run.
    private static func runLengths(_ samples: [UInt16]) -> [UInt8] {
        func segment(_ bytes: [UInt8]) -> [UInt8] {
            let run = [UInt8(bytes.count - 1)] + bytes
            return run.count % 2 == 1 ? run + [0x80] : run
        }
        let high = segment(samples.map { UInt8($0 >> 8) })
        let low = segment(samples.map { UInt8(truncatingIfNeeded: $0) })
        let header = [2, 64, UInt32(64 + high.count)] + [UInt32](repeating: 0, count: 13)
        return header.flatMap { little($0) } + high + low
    }

    private static func element(
        _ group: UInt16, _ number: UInt16, _ type: String, _ value: [UInt8]
    ) -> [UInt8] {
        var value = value
        if value.count % 2 == 1 { value.append(type == "UI" ? 0 : 0x20) }
        let isLong = ["OW", "OB", "SQ", "UN"].contains(type)
        return little(group) + little(number) + Array(type.utf8)
            + (isLong ? [0, 0] + little(UInt32(value.count)) : little(UInt16(value.count))) + value
    }

    private static func little<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        (0..<(Value.bitWidth / 8)).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
