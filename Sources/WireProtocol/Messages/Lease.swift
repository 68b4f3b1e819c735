internal import CWireMessages
package import Tasks

/// Coordinator to worker: compute this.
///
/// Alpha travels as the payload.
package struct Lease: Hashable, Sendable {
    /// Names the lease within the epoch.
    package var lease: UInt64
    /// What to compute.
    package var task: TaskDescription
    /// What it must be computed from.
    package var inputs: TaskDigest
    /// How long the lease lasts without progress.
    package var timeToLiveMilliseconds: Int
    /// Whether another worker computes it too.
    package var isSpeculative: Bool
    /// The architecture logits; empty where the network is given.
    package var alpha: [Float]

    /// A message of the given fields.
    package init(
        lease: UInt64, task: TaskDescription, inputs: TaskDigest, timeToLiveMilliseconds: Int,
        isSpeculative: Bool = false, alpha: [Float]
    ) {
        self.lease = lease
        self.task = task
        self.inputs = inputs
        self.timeToLiveMilliseconds = timeToLiveMilliseconds
        self.isSpeculative = isSpeculative
        self.alpha = alpha
    }
}

extension Lease: WireMessage {
    private static var codec: FieldCodec<Voxelnas__Lease> {
        unsafe FieldCodec { unsafe voxelnas__lease__init($0) }
    }

    var fields: [UInt8] {
        unsafe Self.codec.pack { fields, arena in
            unsafe fields.lease = lease
            unsafe fields.task = task.fields(in: arena)
            unsafe fields.inputs = inputs.field(in: arena)
            unsafe fields.time_to_live_ms = UInt32(clamping: timeToLiveMilliseconds)
            unsafe fields.speculative = isSpeculative ? 1 : 0
        }
    }

    var payload: Payload { Payload(alpha) }

    init(fields: [UInt8], payload: Payload) throws(WireError) {
        let alpha = try payload.floats()
        self = try unsafe Self.codec.unpack(fields, type: .lease) { fields throws(WireError) in
            try unsafe Lease(
                lease: fields.lease,
                task: TaskDescription(fields: fields.task),
                inputs: TaskDigest(field: fields.inputs),
                timeToLiveMilliseconds: FieldReading.number(
                    fields.time_to_live_ms, "time to live", 1...Int(UInt32.max)),
                isSpeculative: fields.speculative != 0,
                alpha: alpha)
        }
    }
}
