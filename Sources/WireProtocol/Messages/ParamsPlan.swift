internal import CWireMessages
package import Tasks

/// Coordinator to worker: what the transfer will carry, one entry per wanted block.
package struct ParamsPlan: Hashable, Sendable {
    /// The lease.
    package var lease: UInt64
    /// The task.
    package var key: TaskKey
    /// Names the transfer.
    package var transfer: UInt64
    /// In the order that they were wanted in.
    package var blocks: [Block]

    /// A message of the given fields.
    package init(lease: UInt64, key: TaskKey, transfer: UInt64, blocks: [Block]) {
        self.lease = lease
        self.key = key
        self.transfer = transfer
        self.blocks = blocks
    }
}

extension ParamsPlan {
    /// What the coordinator has for one wanted block.
    package struct Block: Hashable, Sendable {
        /// The version that the coordinator has.
        package var version: UInt64
        /// The number of floats; 0 for an operator that it does not know.
        package var count: Int
        /// Whether the block travels; false when the worker's version is current.
        package var isSent: Bool

        /// A planned block.
        package init(version: UInt64, count: Int, isSent: Bool) {
            self.version = version
            self.count = count
            self.isSent = isSent
        }

        fileprivate var fields: Voxelnas__PlannedBlock {
            var fields = unsafe FieldCodec<Voxelnas__PlannedBlock>(
                initialize: { unsafe voxelnas__planned_block__init($0) }
            ).empty
            unsafe fields.version = version
            unsafe fields.count = UInt32(clamping: count)
            unsafe fields.sent = isSent ? 1 : 0
            return unsafe fields
        }

        fileprivate init(fields: Voxelnas__PlannedBlock) throws(WireError) {
            try unsafe self.init(
                version: fields.version,
                count: FieldReading.number(fields.count, "floats", 0...WireLimits.blockFloats),
                isSent: fields.sent != 0)
        }
    }
}

extension ParamsPlan: WireMessage {
    private static var codec: FieldCodec<Voxelnas__ParamsPlan> {
        unsafe FieldCodec { unsafe voxelnas__params_plan__init($0) }
    }

    var fields: [UInt8] {
        unsafe Self.codec.pack { fields, arena in
            unsafe fields.lease = lease
            unsafe fields.key = arena.message(key.fields)
            unsafe fields.transfer = transfer
            unsafe fields.n_blocks = blocks.count
            unsafe fields.blocks = arena.messages(blocks.map { unsafe $0.fields })
        }
    }

    init(fields: [UInt8], payload: Payload) throws(WireError) {
        self = try unsafe Self.codec.unpack(fields, type: .paramsPlan) { fields throws(WireError) in
            try unsafe ParamsPlan(
                lease: fields.lease,
                key: TaskKey(fields: fields.key),
                transfer: fields.transfer,
                blocks: FieldReading.messages(
                    fields.blocks, fields.n_blocks, "blocks", limit: WireLimits.blockCount
                ) {
                    block throws(WireError) in try unsafe Block(fields: block)
                })
        }
    }
}
