internal import CWireMessages
package import Tasks

/// Coordinator to worker: send the blocks of a result, from an offset on.
package struct GradWant: Hashable, Sendable {
    /// The task.
    package var key: TaskKey
    /// Names the transfer.
    package var transfer: UInt64
    /// The first byte that is missing.
    package var offset: Int
    /// Bytes that may be sent at once.
    package var creditBytes: Int

    /// A message of the given fields.
    package init(key: TaskKey, transfer: UInt64, offset: Int, creditBytes: Int) {
        self.key = key
        self.transfer = transfer
        self.offset = offset
        self.creditBytes = creditBytes
    }
}

extension GradWant: WireMessage {
    private static var codec: FieldCodec<Voxelnas__GradWant> {
        unsafe FieldCodec { unsafe voxelnas__grad_want__init($0) }
    }

    var fields: [UInt8] {
        unsafe Self.codec.pack { fields, arena in
            unsafe fields.key = arena.message(key.fields)
            unsafe fields.transfer = transfer
            unsafe fields.offset = UInt64(clamping: offset)
            unsafe fields.credit_bytes = UInt64(clamping: creditBytes)
        }
    }

    init(fields: [UInt8], payload: Payload) throws(WireError) {
        self = try unsafe Self.codec.unpack(fields, type: .gradWant) { fields throws(WireError) in
            try unsafe GradWant(
                key: TaskKey(fields: fields.key),
                transfer: fields.transfer,
                offset: FieldReading.number(fields.offset, "offset", 0...Int.max),
                creditBytes: FieldReading.number(
                    fields.credit_bytes, "credit", 0...WireLimits.creditBytes))
        }
    }
}
