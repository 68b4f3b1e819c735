/// The Castagnoli checksum, as TensorBoard's records carry it.
///
/// Table-driven: events are a few hundred bytes, and the fast one in C belongs to `WireProtocol`.
enum CRC32C {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in
            value & 1 == 1 ? value >> 1 ^ 0x82f6_3b78 : value >> 1
        }
    }

    /// The checksum of bytes.
    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var value = UInt32.max
        for byte in bytes {
            value = value >> 8 ^ table[Int(UInt8(truncatingIfNeeded: value) ^ byte)]
        }
        return ~value
    }

    /// The checksum as records hold it: turned and offset, since data often hold checksums.
    ///
    /// - SeeAlso: TensorFlow, `tsl/lib/hash/crc32c.h`, `Mask`.
    static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
        let value = checksum(bytes)
        return (value >> 15 | value << 17) &+ 0xa282_ead8
    }
}
