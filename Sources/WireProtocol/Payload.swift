internal import CWireBytes
package import ZeroMQ

#if _endian(big)
    #error("payloads are little-endian float32 and are copied as they lie in memory")
#endif

/// The bytes beside a message's fields: a chunk of float32 blocks, a vector, or text.
package enum Payload: Sendable {
    /// Made here, or nothing.
    case bytes([UInt8])
    /// As it was received.
    case frame(Frame)

    /// No payload.
    package static let empty = Payload.bytes([])

    /// Floats as they lie in memory.
    package init(_ floats: [Float]) {
        self = .bytes(unsafe floats.withUnsafeBytes { unsafe Array($0) })
    }

    /// Text as UTF-8.
    package init(_ text: String) {
        self = .bytes(Array(text.utf8))
    }

    /// The number of bytes.
    package var count: Int {
        switch self {
        case .bytes(let bytes): bytes.count
        case .frame(let frame): frame.count
        }
    }

    /// A copy of the bytes.
    package var bytes: [UInt8] {
        switch self {
        case .bytes(let bytes): bytes
        case .frame(let frame): frame.bytes
        }
    }

    /// The payload as floats.
    ///
    /// - Throws: ``WireError/wrongPayloadLength(found:expected:)`` when it is not a whole number.
    package func floats() throws(WireError) -> [Float] {
        let found = count
        guard found % 4 == 0 else {
            throw .wrongPayloadLength(found: found, expected: found / 4 * 4)
        }
        return unsafe withUnsafeBytes { source in
            unsafe [Float](unsafeUninitializedCapacity: found / 4) { target, written in
                unsafe UnsafeMutableRawBufferPointer(target).copyMemory(from: source)
                written = found / 4
            }
        }
    }

    /// The payload as text.
    ///
    /// - Throws: ``WireError/invalidField(_:found:allowed:)`` when it is not UTF-8.
    package func text() throws(WireError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .invalidField("payload", found: "other bytes", allowed: "UTF-8")
        }
        return text
    }

    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        switch self {
        case .bytes(let bytes): unsafe bytes.withUnsafeBytes { unsafe body($0) }
        case .frame(let frame): unsafe frame.withUnsafeBytes { unsafe body($0) }
        }
    }

    func checksum(continuing crc: UInt32) -> UInt32 {
        unsafe withUnsafeBytes { unsafe voxelnas_crc32c(crc, $0.baseAddress, $0.count) }
    }
}

extension Payload: Hashable {
    package static func == (left: Payload, right: Payload) -> Bool { left.bytes == right.bytes }

    package func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}
