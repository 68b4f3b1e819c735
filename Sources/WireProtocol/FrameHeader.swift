internal import CWireBytes

/// The 24 bytes before every message, little endian.
///
/// magic `u32`, major `u8`, minor `u8`, type `u16`, flags `u16`, reserved `u16`, epoch `u32`, length
/// of the fields `u32`, CRC-32C of the header before it, the fields and the payload `u32`.
package struct FrameHeader: Hashable, Sendable {
    /// The length of a header.
    package static let byteCount = 24
    /// `VXNS`, read as a little-endian number.
    package static let magic: UInt32 = 0x534e_5856

    /// The sender's version.
    package let version: ProtocolVersion
    /// What the message is.
    package let type: MessageType
    /// The coordinator's incarnation that the sender believes in; 0 before it knows one.
    package let epoch: UInt32
    /// The length of the fields.
    package let fieldBytes: Int
    /// CRC-32C of the rest of the header, the fields and the payload.
    package let checksum: UInt32

    /// The header of a message, in this build's version.
    package init(type: MessageType, epoch: UInt32, fields: [UInt8], payload: Payload) {
        version = .current
        self.type = type
        self.epoch = epoch
        fieldBytes = fields.count
        let start = Self.start(
            version: version, type: type, epoch: epoch, fieldBytes: fields.count)
        checksum = Self.checksum(start: start, fields: fields, payload: payload)
    }

    /// Reads a header.
    ///
    /// - Throws: ``WireError`` for bytes that are not a header of a known message.
    package init(decoding bytes: [UInt8]) throws(WireError) {
        guard bytes.count == Self.byteCount else { throw .wrongHeaderLength(bytes.count) }
        func number(_ range: Range<Int>) -> UInt32 {
            bytes[range].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
        guard number(0..<4) == Self.magic else { throw .wrongMagic(number(0..<4)) }
        version = ProtocolVersion(major: bytes[4], minor: bytes[5])
        guard version.major == ProtocolVersion.current.major else {
            throw .unsupportedVersion(major: version.major, minor: version.minor)
        }
        let typeNumber = UInt16(number(6..<8))
        guard let type = MessageType(rawValue: typeNumber) else { throw .unknownType(typeNumber) }
        self.type = type
        guard number(8..<12) == 0 else {
            throw .invalidField("header flags", found: "\(number(8..<12))", allowed: "0")
        }
        epoch = number(12..<16)
        fieldBytes = Int(number(16..<20))
        checksum = number(20..<24)
    }

    /// The header's bytes.
    package var encoded: [UInt8] {
        var bytes = Self.start(version: version, type: type, epoch: epoch, fieldBytes: fieldBytes)
        Self.append(checksum, 4, to: &bytes)
        return bytes
    }

    /// Whether header, fields and payload arrived as they were sent.
    func fits(fields: [UInt8], payload: Payload) -> Bool {
        let start = Self.start(version: version, type: type, epoch: epoch, fieldBytes: fieldBytes)
        return checksum == Self.checksum(start: start, fields: fields, payload: payload)
    }

    /// Everything before the checksum.
    private static func start(
        version: ProtocolVersion, type: MessageType, epoch: UInt32, fieldBytes: Int
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount)
        append(magic, 4, to: &bytes)
        append(UInt32(version.major), 1, to: &bytes)
        append(UInt32(version.minor), 1, to: &bytes)
        append(UInt32(type.rawValue), 2, to: &bytes)
        append(0, 4, to: &bytes)
        append(epoch, 4, to: &bytes)
        append(UInt32(fieldBytes), 4, to: &bytes)
        return bytes
    }

    private static func append(_ value: UInt32, _ count: Int, to bytes: inout [UInt8]) {
        for byte in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * byte))) }
    }

    private static func checksum(start: [UInt8], fields: [UInt8], payload: Payload) -> UInt32 {
        var crc = unsafe voxelnas_crc32c(0, start, start.count)
        crc = unsafe voxelnas_crc32c(crc, fields, fields.count)
        return payload.checksum(continuing: crc)
    }
}
