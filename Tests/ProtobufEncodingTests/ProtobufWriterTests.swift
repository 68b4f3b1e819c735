import ProtobufEncoding
import Testing

/// Expected bytes are those of the examples at protobuf.dev/programming-guides/encoding.
@Suite("The protobuf writer")
struct ProtobufWriterTests {
    @Test("writes integers as varints")
    func integers() {
        #expect(ProtobufWriter.message { $0.integer(150, field: 1) } == [0x08, 0x96, 0x01])
        #expect(ProtobufWriter.message { $0.integer(0, field: 20) } == [0xa0, 0x01, 0x00])
        let minusTwo = ProtobufWriter.message { $0.integer(-2, field: 1) }
        #expect(minusTwo == [0x08, 0xfe] + [UInt8](repeating: 0xff, count: 8) + [0x01])
    }

    @Test("writes strings, nested messages and packed lists with their lengths")
    func lengths() {
        let text = ProtobufWriter.message { $0.string("testing", field: 2) }
        #expect(text == [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67])
        let nested = ProtobufWriter.message { $0.message(field: 3) { $0.integer(150, field: 1) } }
        #expect(nested == [0x1a, 0x03, 0x08, 0x96, 0x01])
        let packed = ProtobufWriter.message { $0.integers([3, 270, 86942], field: 6) }
        #expect(packed == [0x32, 0x06, 0x03, 0x8e, 0x02, 0x9e, 0xa7, 0x05])
    }

    @Test("writes floats and doubles in little-endian order")
    func fixed() {
        #expect(ProtobufWriter.message { $0.float(1, field: 2) } == [0x15, 0, 0, 0x80, 0x3f])
        #expect(
            ProtobufWriter.message { $0.double(1, field: 1) }
                == [0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f])
        #expect(
            ProtobufWriter.message { $0.rawFloats([1, -2], field: 9) }
                == [0x4a, 8, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0])
    }
}
