internal import CProtobufC
internal import Digests

/// The name of a file of the run's data: the SHA-256 of its bytes.
///
/// Nothing else names a file on the wire, so that no peer can ask for or place any other.
package struct ShardID: Hashable, Sendable, CustomStringConvertible {
    /// The 32 bytes of the digest.
    package let bytes: [UInt8]

    /// The name of a digest.
    package init(bytes: [UInt8]) {
        precondition(bytes.count == 32, "SHA-256 has 32 bytes")
        self.bytes = bytes
    }

    /// The name of 64 hexadecimal digits, or `nil` for anything else.
    package init?(hexadecimal text: String) {
        let digits = Array(text.utf8)
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        for place in stride(from: 0, to: 64, by: 2) {
            guard let high = Self.value(digits[place]), let low = Self.value(digits[place + 1])
            else { return nil }
            bytes.append(high << 4 | low)
        }
        self.bytes = bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    init(field: ProtobufCBinaryData) throws(WireError) {
        guard unsafe field.len == 32, let start = unsafe field.data else {
            throw unsafe .invalidField("shard", found: "\(field.len) bytes", allowed: "32")
        }
        bytes = unsafe Array(UnsafeBufferPointer(start: start, count: 32))
    }

    func field(in arena: PackingArena) -> ProtobufCBinaryData {
        unsafe ProtobufCBinaryData(len: bytes.count, data: arena.array(bytes))
    }

    /// The 64 hexadecimal digits.
    package var description: String { Digests.hexadecimal(bytes) }
}
