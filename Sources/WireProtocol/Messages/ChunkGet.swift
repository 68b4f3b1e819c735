internal import CWireMessages

/// Receiver to sender: send these bytes of a transfer; also the credit for them.
package struct ChunkGet: Hashable, Sendable {
    /// The transfer.
    package var transfer: UInt64
    /// The first byte.
    package var offset: Int
    /// The number of bytes.
    package var length: Int

    /// A message of the given fields.
    package init(transfer: UInt64, offset: Int, length: Int) {
        self.transfer = transfer
        self.offset = offset
        self.length = length
    }
}

extension ChunkGet: WireMessage {
    private static var codec: FieldCodec<Voxelnas__ChunkGet> {
        unsafe FieldCodec { unsafe voxelnas__chunk_get__init($0) }
    }

    var fields: [UInt8] {
        unsafe Self.codec.pack { fields, _ in
            unsafe fields.transfer = transfer
            unsafe fields.offset = UInt64(clamping: offset)
            unsafe fields.length = UInt64(clamping: length)
        }
    }

    init(fields: [UInt8], payload: Payload) throws(WireError) {
        self = try unsafe Self.codec.unpack(fields, type: .chunkGet) { fields throws(WireError) in
            try unsafe ChunkGet(
                transfer: fields.transfer,
                offset: FieldReading.number(fields.offset, "offset", 0...Int.max),
                length: FieldReading.number(fields.length, "length", 1...WireLimits.creditBytes))
        }
    }
}
