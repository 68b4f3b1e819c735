internal import CWireMessages

/// Worker to coordinator: send a file of the run's data, from an offset on.
package struct ShardWant: Hashable, Sendable {
    /// The file.
    package var shard: ShardID
    /// Bytes that are at hand already.
    package var offset: Int
    /// Bytes that may come before the next request.
    package var creditBytes: Int

    /// A message of the given fields.
    package init(shard: ShardID, offset: Int, creditBytes: Int) {
        self.shard = shard
        self.offset = offset
        self.creditBytes = creditBytes
    }
}

extension ShardWant: WireMessage {
    private static var codec: FieldCodec<Voxelnas__ShardWant> {
        unsafe FieldCodec { unsafe voxelnas__shard_want__init($0) }
    }

    var fields: [UInt8] {
        unsafe Self.codec.pack { fields, arena in
            unsafe fields.shard = shard.field(in: arena)
            unsafe fields.offset = UInt64(clamping: offset)
            unsafe fields.credit_bytes = UInt32(clamping: creditBytes)
        }
    }

    init(fields: [UInt8], payload: Payload) throws(WireError) {
        self = try unsafe Self.codec.unpack(fields, type: .shardWant) { fields throws(WireError) in
            try unsafe ShardWant(
                shard: ShardID(field: fields.shard),
                offset: FieldReading.number(fields.offset, "offset", 0...Int.max),
                creditBytes: FieldReading.number(
                    fields.credit_bytes, "credit", 1...WireLimits.creditBytes))
        }
    }
}
