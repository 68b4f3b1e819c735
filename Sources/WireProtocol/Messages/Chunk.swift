internal import CWireMessages

/// Sender to receiver: bytes of a transfer.
package struct Chunk: Hashable, Sendable {
    /// The transfer.
    package var transfer: UInt64
    /// Where the bytes lie in the transfer.
    package var offset: Int
    /// The bytes.
    package var payload: Payload

    /// A message of the given fields.
    package init(transfer: UInt64, offset: Int, payload: Payload) {
        self.transfer = transfer
        self.offset = offset
        self.payload = payload
    }
}

extension Chunk: WireMessage {
    private static var codec: FieldCodec<Voxelnas__Chunk> {
        unsafe FieldCodec { unsafe voxelnas__chunk__init($0) }
    }

    var fields: [UInt8] {
        unsafe Self.codec.pack { fields, _ in
            unsafe fields.transfer = transfer
            unsafe fields.offset = UInt64(clamping: offset)
        }
    }

    init(fields: [UInt8], payload: Payload) throws(WireError) {
        self = try unsafe Self.codec.unpack(fields, type: .chunk) { fields throws(WireError) in
            try unsafe Chunk(
                transfer: fields.transfer,
                offset: FieldReading.number(fields.offset, "offset", 0...Int.max),
                payload: payload)
        }
    }
}
