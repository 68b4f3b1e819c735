internal import CWireMessages

/// Either way: bytes for measuring a connection.
package struct Probe: Hashable, Sendable {
    /// The sender's count.
    package var sequence: UInt64
    /// Bytes that the answer is to carry; 0 in an answer.
    package var replyBytes: Int
    /// Bytes of no meaning.
    package var payload: Payload

    /// A message of the given fields.
    package init(sequence: UInt64, replyBytes: Int = 0, payload: Payload = .empty) {
        self.sequence = sequence
        self.replyBytes = replyBytes
        self.payload = payload
    }
}

extension Probe: WireMessage {
    private static var codec: FieldCodec<Voxelnas__Probe> {
        unsafe FieldCodec { unsafe voxelnas__probe__init($0) }
    }

    var fields: [UInt8] {
        unsafe Self.codec.pack { fields, _ in
            unsafe fields.sequence = sequence
            unsafe fields.reply_bytes = UInt32(clamping: replyBytes)
        }
    }

    init(fields: [UInt8], payload: Payload) throws(WireError) {
        self = try unsafe Self.codec.unpack(fields, type: .probe) { fields throws(WireError) in
            try unsafe Probe(
                sequence: fields.sequence,
                replyBytes: FieldReading.number(
                    fields.reply_bytes, "reply bytes", 0...WireLimits.chunkBytes),
                payload: payload)
        }
    }
}
