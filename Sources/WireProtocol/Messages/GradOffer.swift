internal import CWireMessages
package import SearchSpaces
package import Tasks
package import Tensors

/// Worker to coordinator: a task's result; its blocks are still to be fetched.
///
/// Logits and slot products travel as the payload, or the logits as the last block when they are
/// longer than a payload may be.
package struct GradOffer: Hashable, Sendable {
    /// The task.
    package var key: TaskKey
    /// The lease.
    package var lease: UInt64
    /// What the result was computed from.
    package var inputs: TaskDigest
    /// The network that was run.
    package var architecture: Architecture
    /// Samples in the micro-batch.
    package var sampleCount: Int
    /// The mean loss.
    package var loss: Double
    /// The logits, or nothing when they are a block.
    package var logits: [Float]
    /// The slot products, inline.
    package var slotProducts: [Float]
    /// The blocks: gradients, then statistics, each in sum order, then logits.
    package var blocks: [Block]
    /// CRC-32C of all blocks; equal results have equal digests.
    package var digest: UInt32
    /// Time that fetching parameters took.
    package var pullSeconds: Double
    /// Time that computing took.
    package var computeSeconds: Double

    /// A message of the given fields.
    package init(
        key: TaskKey, lease: UInt64, inputs: TaskDigest, architecture: Architecture,
        sampleCount: Int, loss: Double, logits: [Float], slotProducts: [Float], blocks: [Block],
        digest: UInt32, pullSeconds: Double = 0, computeSeconds: Double = 0
    ) {
        self.key = key
        self.lease = lease
        self.inputs = inputs
        self.architecture = architecture
        self.sampleCount = sampleCount
        self.loss = loss
        self.logits = logits
        self.slotProducts = slotProducts
        self.blocks = blocks
        self.digest = digest
        self.pullSeconds = pullSeconds
        self.computeSeconds = computeSeconds
    }
}

extension GradOffer {
    /// One block of the result.
    package struct Block: Hashable, Sendable {
        /// The operator.
        package var id: OperatorID
        /// Gradients (as `parameters`) or statistics.
        package var kind: BlockKind
        /// The number of floats.
        package var count: Int

        /// The name that stands in for an operator's where a block holds logits.
        package static let logitsID = OperatorID("logits")

        /// An offered block.
        package init(id: OperatorID, kind: BlockKind, count: Int) {
            self.id = id
            self.kind = kind
            self.count = count
        }

        /// The number of 32-bit words that the block travels in; only gradients are rounded.
        package func wordCount(_ exchange: ExchangeFormat) -> Int {
            kind == .parameters ? exchange.wordCount(count) : count
        }

        fileprivate func fields(in arena: PackingArena) -> Voxelnas__OfferedBlock {
            var fields = unsafe FieldCodec<Voxelnas__OfferedBlock>(
                initialize: { unsafe voxelnas__offered_block__init($0) }
            ).empty
            unsafe fields.operator_ = arena.string(id.name)
            unsafe fields.kind = kind.rawValue
            unsafe fields.count = UInt32(clamping: count)
            return unsafe fields
        }

        fileprivate init(fields: Voxelnas__OfferedBlock) throws(WireError) {
            try unsafe self.init(
                id: OperatorID(FieldReading.string(fields.operator_, "operator")),
                kind: BlockKind(field: fields.kind),
                count: FieldReading.number(fields.count, "floats", 0...WireLimits.blockFloats))
        }
    }

    /// Whether numbers of these counts fit into an offer's payload.
    package static func fitsInline(logits: Int, slotProducts: Int) -> Bool {
        4 * (logits + slotProducts) <= WireLimits.controlPayloadBytes
    }

    /// The number of bytes that the blocks take in memory.
    package var blockBytes: Int { blocks.reduce(0) { $0 + 4 * $1.count } }
}

extension GradOffer: WireMessage {
    private static var codec: FieldCodec<Voxelnas__GradOffer> {
        unsafe FieldCodec { unsafe voxelnas__grad_offer__init($0) }
    }

    var fields: [UInt8] {
        unsafe Self.codec.pack { fields, arena in
            unsafe fields.key = arena.message(key.fields)
            unsafe fields.lease = lease
            unsafe fields.inputs = inputs.field(in: arena)
            unsafe fields.n_choices = architecture.choices.count
            unsafe fields.choices = arena.array(architecture.choices.map(UInt32.init(clamping:)))
            unsafe fields.sample_count = UInt32(clamping: sampleCount)
            unsafe fields.loss = loss
            unsafe fields.logit_count = UInt32(clamping: logits.count)
            unsafe fields.slot_product_count = UInt32(clamping: slotProducts.count)
            unsafe fields.n_blocks = blocks.count
            unsafe fields.blocks = arena.messages(blocks.map { unsafe $0.fields(in: arena) })
            unsafe fields.digest = digest
            unsafe fields.pull_seconds = pullSeconds
            unsafe fields.compute_seconds = computeSeconds
        }
    }

    var payload: Payload { Payload(logits + slotProducts) }

    init(fields: [UInt8], payload: Payload) throws(WireError) {
        let floats = try payload.floats()
        self = try unsafe Self.codec.unpack(fields, type: .gradOffer) { fields throws(WireError) in
            let logitCount = unsafe Int(fields.logit_count)
            let expected = unsafe logitCount + Int(fields.slot_product_count)
            guard floats.count == expected else {
                throw WireError.wrongPayloadLength(found: 4 * floats.count, expected: 4 * expected)
            }
            return try unsafe GradOffer(
                key: TaskKey(fields: fields.key),
                lease: fields.lease,
                inputs: TaskDigest(field: fields.inputs),
                architecture: Architecture(
                    choices: FieldReading.choices(fields.choices, fields.n_choices)),
                sampleCount: FieldReading.number(
                    fields.sample_count, "sample count", 0...WireLimits.sampleCount),
                loss: fields.loss,
                logits: Array(floats[..<logitCount]),
                slotProducts: Array(floats[logitCount...]),
                blocks: FieldReading.messages(
                    fields.blocks, fields.n_blocks, "blocks", limit: WireLimits.blockCount
                ) {
                    block throws(WireError) in try unsafe Block(fields: block)
                },
                digest: fields.digest,
                pullSeconds: fields.pull_seconds,
                computeSeconds: fields.compute_seconds)
        }
    }
}
