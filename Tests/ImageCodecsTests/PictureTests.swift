import Foundation
import ImageCodecs
import Tensors
import TestSupport
import Testing

@Suite("Pictures")
struct PictureTests {
    let folder: TemporaryFolder
    let gray8 = (0..<(13 * 9)).map { UInt8(truncatingIfNeeded: $0 * 37) }
    let gray16 = (0..<(13 * 9)).map { UInt16(truncatingIfNeeded: $0 * 5077) }

    init() throws { folder = try TemporaryFolder() }

    @Test("come back from 8-bit PNG as they were written")
    func roundTrip8() throws {
        try PNGEncoder.write(gray: gray8, width: 13, height: 9, to: folder.file("a.png"))
        let picture = try PictureReader.read(folder.file("a.png"))
        #expect(
            picture == Picture(width: 13, height: 9, sample: .uint8, pixels: gray8.map(Float.init)))
    }

    @Test("come back from 16-bit PNG and TIFF as they were written", arguments: ["png", "tif"])
    func roundTrip16(ending: String) throws {
        let path = folder.file("a.\(ending)")
        if ending == "png" {
            try PNGEncoder.write(gray16: gray16, width: 13, height: 9, to: path)
        } else {
            try TIFFEncoder.write(gray16: gray16, width: 13, height: 9, to: path)
        }
        let picture = try PictureReader.read(path)
        #expect(
            picture
                == Picture(width: 13, height: 9, sample: .uint16, pixels: gray16.map(Float.init)))
    }

    @Test("in colour give their first channel")
    func colour() throws {
        let rgb = gray8.flatMap { value -> [UInt8] in [value, 255 - value, 7] }
        try PNGEncoder.write(rgb: rgb, width: 13, height: 9, to: folder.file("a.png"))
        #expect(try PictureReader.read(folder.file("a.png")).pixels == gray8.map(Float.init))
    }

    @Test("are written with the same bytes each time")
    func deterministic() throws {
        for name in ["a.tif", "b.tif"] {
            try TIFFEncoder.write(gray16: gray16, width: 13, height: 9, to: folder.file(name))
        }
        #expect(try folder.bytes("a.tif") == folder.bytes("b.tif"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 2)
    }

    @Test("cut anywhere are refused, or whole if only padding is lost", arguments: ["png", "tif"])
    func truncation(ending: String) throws {
        let path = folder.file("a.\(ending)")
        if ending == "png" {
            try PNGEncoder.write(gray16: gray16, width: 13, height: 9, to: path)
        } else {
            try TIFFEncoder.write(gray16: gray16, width: 13, height: 9, to: path)
        }
        let bytes = try folder.bytes("a.\(ending)")
        for length in 0..<bytes.count {
            let cut = try folder.write(Array(bytes.prefix(length)), "cut.\(ending)")
            if let picture = try? PictureReader.read(cut) {
                #expect(picture.pixels == gray16.map(Float.init), "\(length) bytes")
            }
        }
    }

    @Test("with changed bytes neither crash nor take memory", arguments: ["png", "tif"])
    func mutation(ending: String) throws {
        let path = folder.file("a.\(ending)")
        if ending == "png" {
            try PNGEncoder.write(gray: gray8, width: 13, height: 9, to: path)
        } else {
            try TIFFEncoder.write(gray16: gray16, width: 13, height: 9, to: path)
        }
        let bytes = try folder.bytes("a.\(ending)")
        var stream = RandomStream(seed: 1, name: "mutation")
        for _ in 0..<400 {
            var changed = bytes
            for _ in 0..<3 {
                changed[stream.next(below: bytes.count)] = UInt8(truncatingIfNeeded: stream.next())
            }
            let limits = DecodingLimits(pixels: 1 << 16)
            let picture = try? PictureReader.read(
                try folder.write(changed, "changed.\(ending)"), limits: limits)
            #expect((picture?.pixels.count ?? 0) <= 1 << 16)
        }
    }

    @Test("larger than the limit are refused by their header")
    func limit() throws {
        try PNGEncoder.write(gray: gray8, width: 13, height: 9, to: folder.file("a.png"))
        try TIFFEncoder.write(gray16: gray16, width: 13, height: 9, to: folder.file("a.tif"))
        for name in ["a.png", "a.tif"] {
            #expect(throws: ImageCodecError.self) {
                try PictureReader.read(folder.file(name), limits: DecodingLimits(pixels: 100))
            }
        }
    }

    @Test("under the name of another format are refused with what they are")
    func wrongFormat() throws {
        let jpeg = try folder.write([0xff, 0xd8, 0xff, 0xe0, 0, 0, 0, 0], "a.png")
        let error = try #require(throws: ImageCodecError.self) { try PictureReader.read(jpeg) }
        #expect(error == .wrongFormat(file: jpeg, expected: "a PNG file", found: "a JPEG file"))
        #expect("\(error)".contains(jpeg))
    }
}
