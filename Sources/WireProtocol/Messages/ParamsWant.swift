internal import CWireMessages
package import Tasks
package import Tensors

/// Worker to coordinator: the blocks that a lease needs, and credit for the first chunks.
package struct ParamsWant: Hashable, Sendable {
    /// The lease.
    package var lease: UInt64
    /// The task.
    package var key: TaskKey
    /// Bytes that may follow the plan at once.
    package var creditBytes: Int
    /// The blocks, in sum order.
    package var blocks: [Block]

    /// A message of the given fields.
    package init(lease: UInt64, key: TaskKey, creditBytes: Int, blocks: [Block]) {
        self.lease = lease
        self.key = key
        self.creditBytes = creditBytes
        self.blocks = blocks
    }
}

extension ParamsWant {
    /// One block and the version of it that the worker has.
    package struct Block: Hashable, Sendable {
        /// The operator.
        package var id: OperatorID
        /// Parameters or statistics.
        package var kind: BlockKind
        /// The version at hand, or `nil` for none.
        package var have: UInt64?

        /// A wanted block.
        package init(id: OperatorID, kind: BlockKind, have: UInt64?) {
            self.id = id
            self.kind = kind
            self.have = have
        }

        fileprivate func fields(in arena: PackingArena) -> Voxelnas__WantedBlock {
            var fields = unsafe FieldCodec<Voxelnas__WantedBlock>(
                initialize: { unsafe voxelnas__wanted_block__init($0) }
            ).empty
            unsafe fields.operator_ = arena.string(id.name)
            unsafe fields.kind = kind.rawValue
            unsafe fields.have = have.map { $0 &+ 1 } ?? 0
            return unsafe fields
        }

        fileprivate init(fields: Voxelnas__WantedBlock) throws(WireError) {
            try unsafe self.init(
                id: OperatorID(FieldReading.string(fields.operator_, "operator")),
                kind: BlockKind(field: fields.kind),
                have: fields.have == 0 ? nil : fields.have - 1)
        }
    }
}

extension ParamsWant: WireMessage {
    private static var codec: FieldCodec<Voxelnas__ParamsWant> {
        unsafe FieldCodec { unsafe voxelnas__params_want__init($0) }
    }

    var fields: [UInt8] {
        unsafe Self.codec.pack { fields, arena in
            unsafe fields.lease = lease
            unsafe fields.key = arena.message(key.fields)
            unsafe fields.credit_bytes = UInt32(clamping: creditBytes)
            unsafe fields.n_blocks = blocks.count
            unsafe fields.blocks = arena.messages(blocks.map { unsafe $0.fields(in: arena) })
        }
    }

    init(fields: [UInt8], payload: Payload) throws(WireError) {
        self = try unsafe Self.codec.unpack(fields, type: .paramsWant) { fields throws(WireError) in
            try unsafe ParamsWant(
                lease: fields.lease,
                key: TaskKey(fields: fields.key),
                creditBytes: FieldReading.number(
                    fields.credit_bytes, "credit", 0...WireLimits.creditBytes),
                blocks: FieldReading.messages(
                    fields.blocks, fields.n_blocks, "blocks", limit: WireLimits.blockCount
                ) {
                    block throws(WireError) in try unsafe Block(fields: block)
                })
        }
    }
}
