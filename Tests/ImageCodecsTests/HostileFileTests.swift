import Foundation
import ImageCodecs
import Tensors
import TestSupport
import Testing

@Suite("Hostile files")
struct HostileFileTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func big(_ value: Int) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }

    private func crc(_ bytes: [UInt8]) -> Int {
        var value: UInt32 = .max
        for byte in bytes {
            value ^= UInt32(byte)
            for _ in 0..<8 { value = value >> 1 ^ (value & 1 == 1 ? 0xedb8_8320 : 0) }
        }
        return Int(~value)
    }

    private func chunk(_ kind: String, _ content: [UInt8]) -> [UInt8] {
        let body = Array(kind.utf8) + content
        return big(content.count) + body + big(crc(body))
    }

    @Test("that are pictures of more pixels than the limit are refused by their header")
    func manyPixels() throws {
        let bytes =
            [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
            + chunk("IHDR", big(60_000) + big(60_000) + [8, 0, 0, 0, 0])
            + chunk("IDAT", [0x78, 0x9c]) + chunk("IEND", [])
        let path = try folder.write(bytes, "large.png")
        let error = try #require(throws: ImageCodecError.self) { try PictureReader.read(path) }
        #expect("\(error)".contains(path) && "\(error)".contains("limit"))
    }

    @Test("whose remarks are out of all proportion are read without them")
    func remarks() throws {
        try PNGEncoder.write(gray: Array(0..<100), width: 10, height: 10, to: folder.file("a.png"))
        let plain = try folder.bytes("a.png")
        // A profile that is no zlib stream at all: a reader of profiles would complain.
        let remark = chunk("iCCP", Array("x".utf8) + [0, 0] + [UInt8](repeating: 7, count: 1000))
        let text = chunk("zTXt", Array("x".utf8) + [0, 0] + [UInt8](repeating: 7, count: 1000))
        let many = Array(repeating: remark + text, count: 2000).flatMap { $0 }
        let path = try folder.write(
            Array(plain[..<33]) + many + Array(plain[33...]), "remarks.png")
        #expect(try PictureReader.read(path).pixels == (0..<100).map { Float($0) })
    }

    @Test("that are volumes packed beyond reason are refused before they unfold")
    func bomb() throws {
        let size = VolumeSize(40, 64, 64)
        let volume = Volume(
            geometry: VolumeGeometry(axial: size, spacingInMillimetres: [1, 1, 1]),
            voxels: [Float](repeating: 0, count: size.count))
        let path = folder.file("b.nii.gz")
        try NIfTIWriter.write(volume, as: .uint8, to: path)
        #expect(try NIfTIReader.read(path).voxels == volume.voxels)
        var limits = DecodingLimits()
        limits.suspiciousBytes = 1 << 16
        let error = try #require(throws: ImageCodecError.self) {
            try NIfTIReader.read(path, limits: limits)
        }
        #expect("\(error)".contains(path) && "\(error)".contains("inflate"))
    }

    @Test("that are pipes are refused and not waited for", arguments: ["p.png", "p.nii", "p.dcm"])
    func pipes(name: String) throws {
        let path = folder.file(name)
        #expect(unsafe mkfifo(path, 0o600) == 0)
        #expect(!DICOMReader.reads(path))
        let error = try #require(throws: ImageCodecError.self) {
            if name.hasSuffix("nii") {
                _ = try NIfTIReader.read(path)
            } else if name.hasSuffix("dcm") {
                _ = try DICOMReader.slice(path)
            } else {
                _ = try PictureReader.read(path)
            }
        }
        #expect("\(error)".contains(path))
    }

    @Test("larger than the limit are refused unread", arguments: ["a.png", "a.tif", "a.dcm"])
    func fileSize(name: String) throws {
        let path = try folder.write([UInt8](repeating: 0, count: 2000), name)
        var limits = DecodingLimits()
        limits.sliceBytes = 1000
        let error = try #require(throws: ImageCodecError.self) {
            if name.hasSuffix("dcm") {
                _ = try DICOMReader.slice(path, limits: limits)
            } else {
                _ = try PictureReader.read(path, limits: limits)
            }
        }
        #expect("\(error)".contains("2000 bytes"))
    }

    @Test("of TIFF whose header asks for gigabytes are refused", arguments: [0x0102_0304, 0x10000])
    func tiffExtents(extent: Int) throws {
        try TIFFEncoder.write(
            gray16: [UInt16](repeating: 5, count: 64), width: 8, height: 8, to: folder.file("a.tif")
        )
        var bytes = try folder.bytes("a.tif")
        let start = (0..<4).reduce(0) { $0 | Int(bytes[4 + $1]) << (8 * $1) }
        let count = Int(bytes[start]) | Int(bytes[start + 1]) << 8
        for entry in 0..<count {
            let place = start + 2 + 12 * entry
            let tag = Int(bytes[place]) | Int(bytes[place + 1]) << 8
            guard tag == 256 || tag == 257 else { continue }
            bytes[place + 2] = 4
            for byte in 0..<4 {
                bytes[place + 8 + byte] = UInt8(truncatingIfNeeded: extent >> (8 * byte))
            }
        }
        let path = try folder.write(bytes, "large.tif")
        let error = try #require(throws: ImageCodecError.self) { try PictureReader.read(path) }
        #expect("\(error)".contains(path))
    }
}
