internal import CWireMessages

/// Coordinator to worker: how long a file is, and which transfer brings it.
package struct ShardPlan: Hashable, Sendable {
    /// The file.
    package var shard: ShardID
    /// The transfer that the chunks belong to.
    package var transfer: UInt64
    /// The file's length, or `nil` when the run has no such file.
    package var byteCount: Int?

    /// A message of the given fields.
    package init(shard: ShardID, transfer: UInt64, byteCount: Int?) {
        self.shard = shard
        self.transfer = transfer
        self.byteCount = byteCount
    }
}

extension ShardPlan: WireMessage {
    private static var codec: FieldCodec<Voxelnas__ShardPlan> {
        unsafe FieldCodec { unsafe voxelnas__shard_plan__init($0) }
    }

    var fields: [UInt8] {
        unsafe Self.codec.pack { fields, arena in
            unsafe fields.shard = shard.field(in: arena)
            unsafe fields.transfer = transfer
            unsafe fields.bytes = UInt64(clamping: byteCount ?? 0)
            unsafe fields.found = byteCount == nil ? 0 : 1
        }
    }

    init(fields: [UInt8], payload: Payload) throws(WireError) {
        self = try unsafe Self.codec.unpack(fields, type: .shardPlan) { fields throws(WireError) in
            let count = try unsafe FieldReading.number(fields.bytes, "bytes", 0...(1 << 50))
            return try unsafe ShardPlan(
                shard: ShardID(field: fields.shard), transfer: fields.transfer,
                byteCount: fields.found != 0 ? count : nil)
        }
    }
}
