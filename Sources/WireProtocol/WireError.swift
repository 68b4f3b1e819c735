/// Why bytes are not a message.
///
/// A value: hostile bytes must never stop a process.
package enum WireError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The message has another number of parts than a header, fields and at most one payload.
    case wrongPartCount(Int)
    /// The first part is not 24 bytes long.
    case wrongHeaderLength(Int)
    /// The first four bytes are not the protocol's.
    case wrongMagic(UInt32)
    /// The peer speaks a major version that this build does not.
    case unsupportedVersion(major: UInt8, minor: UInt8)
    /// No message has this number.
    case unknownType(UInt16)
    /// The header announces another number of bytes than came.
    case lengthMismatch(announced: Int, found: Int)
    /// A part is larger than ``WireLimits`` allow.
    case tooLarge(part: String, bytes: Int, limit: Int)
    /// Fields or payload were damaged on the way.
    case checksumMismatch
    /// The fields are not protobuf of this message, or exceed its memory limit.
    case malformedFields(MessageType)
    /// A field is outside what it may hold.
    case invalidField(String, found: String, allowed: String)
    /// The payload's length does not fit the fields.
    case wrongPayloadLength(found: Int, expected: Int)

    package var description: String {
        switch self {
        case .wrongPartCount(let count): "message has \(count) parts; a message has 2 or 3"
        case .wrongHeaderLength(let count):
            "header has \(count) bytes, not \(FrameHeader.byteCount)"
        case .wrongMagic(let magic):
            "message starts with 0x\(String(magic, radix: 16)); is the peer VoxelNAS?"
        case .unsupportedVersion(let major, let minor):
            "peer speaks protocol \(major).\(minor), this build \(ProtocolVersion.current); "
                + "install the same version on both sides"
        case .unknownType(let number): "no message has number \(number)"
        case .lengthMismatch(let announced, let found):
            "header announces \(announced) bytes of fields, \(found) came"
        case .tooLarge(let part, let bytes, let limit):
            "\(part) of \(bytes) bytes exceeds the limit of \(limit)"
        case .checksumMismatch: "checksum differs: the message was damaged on the way"
        case .malformedFields(let type): "fields of \(type) cannot be read"
        case .invalidField(let field, let found, let allowed):
            "\(field) is \(found); allowed: \(allowed)"
        case .wrongPayloadLength(let found, let expected):
            "payload has \(found) bytes, not \(expected)"
        }
    }
}
