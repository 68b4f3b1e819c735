internal import WireProtocol

/// A record of a log: a text for its owner to read, and blocks of floats.
///
/// In the file, little endian: `VXLR`, bytes of the text `u32`, bytes of the floats `u64`, CRC-32C of
/// both `u32`, CRC-32C of these 20 bytes `u32`, the text, the floats.
package struct LogFrame: Hashable, Sendable {
    /// The text.
    package var text: [UInt8]
    /// The floats, block after block.
    package var floats: [Float]

    static let magic: [UInt8] = Array("VXLR".utf8)
    static let headBytes = 24

    /// A record.
    package init(text: [UInt8], floats: [Float]) {
        self.text = text
        self.floats = floats
    }

    /// The record as it stands in a file.
    package var bytes: [UInt8] {
        var body = text
        unsafe floats.withUnsafeBytes { unsafe body.append(contentsOf: $0) }
        var head = Self.magic
        head += Self.number(text.count, bytes: 4)
        head += Self.number(4 * floats.count, bytes: 8)
        head += Self.number(Int(Checksum.crc32c(body)), bytes: 4)
        head += Self.number(Int(Checksum.crc32c(head)), bytes: 4)
        return head + body
    }

    /// The sizes that a head announces, or `nil` where it is torn or damaged.
    static func sizes(of head: [UInt8]) -> (text: Int, floats: Int, checksum: UInt32)? {
        guard head.count == headBytes, Array(head[..<4]) == magic,
            number(head[20..<24]) == Int(Checksum.crc32c(Array(head[..<20])))
        else { return nil }
        return (
            number(head[4..<8]), number(head[8..<16]),
            UInt32(truncatingIfNeeded: number(head[16..<20]))
        )
    }

    /// The record of a body, or `nil` where it is torn or damaged.
    init?(body: [UInt8], textBytes: Int, checksum: UInt32) {
        guard Checksum.crc32c(body) == checksum, (body.count - textBytes) % 4 == 0 else {
            return nil
        }
        text = Array(body[..<textBytes])
        let count = (body.count - textBytes) / 4
        floats = unsafe [Float](unsafeUninitializedCapacity: count) { buffer, written in
            unsafe body.withUnsafeBytes { source in
                unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: source[textBytes...]))
            }
            written = count
        }
    }

    private static func number(_ value: Int, bytes: Int) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
