internal import CWireMessages

/// Worker to coordinator: I take tasks now.
///
/// A level, not an increment, so that it may be sent twice.
package struct TaskRequest: Hashable, Sendable {
    /// Tasks to compute at the same time.
    package var slots: Int
    /// Leases beyond those.
    package var prefetch: Int

    /// A message of the given fields.
    package init(slots: Int, prefetch: Int) {
        self.slots = slots
        self.prefetch = prefetch
    }
}

extension TaskRequest: WireMessage {
    private static var codec: FieldCodec<Voxelnas__TaskRequest> {
        unsafe FieldCodec { unsafe voxelnas__task_request__init($0) }
    }

    var fields: [UInt8] {
        unsafe Self.codec.pack { fields, _ in
            unsafe fields.slots = UInt32(clamping: slots)
            unsafe fields.prefetch = UInt32(clamping: prefetch)
        }
    }

    init(fields: [UInt8], payload: Payload) throws(WireError) {
        self = try unsafe Self.codec.unpack(fields, type: .taskRequest) {
            fields throws(WireError) in
            try unsafe TaskRequest(
                slots: FieldReading.number(fields.slots, "slots", 0...4096),
                prefetch: FieldReading.number(fields.prefetch, "prefetch", 0...4096))
        }
    }
}
