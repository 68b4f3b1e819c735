internal import CWireMessages
package import Tasks

/// Worker to coordinator: the task could not be computed here.
package struct TaskFailure: Hashable, Sendable {
    /// The task.
    package var key: TaskKey
    /// The lease.
    package var lease: UInt64
    /// What went wrong.
    package var text: String

    /// A message of the given fields.
    package init(key: TaskKey, lease: UInt64, text: String) {
        self.key = key
        self.lease = lease
        self.text = text
    }
}

extension TaskFailure: WireMessage {
    private static var codec: FieldCodec<Voxelnas__TaskFailure> {
        unsafe FieldCodec { unsafe voxelnas__task_failure__init($0) }
    }

    var fields: [UInt8] {
        unsafe Self.codec.pack { fields, arena in
            unsafe fields.key = arena.message(key.fields)
            unsafe fields.lease = lease
            unsafe fields.text = arena.string(text)
        }
    }

    init(fields: [UInt8], payload: Payload) throws(WireError) {
        self = try unsafe Self.codec.unpack(fields, type: .taskFailure) {
            fields throws(WireError) in
            try unsafe TaskFailure(
                key: TaskKey(fields: fields.key),
                lease: fields.lease,
                text: FieldReading.string(fields.text, "text", limit: WireLimits.textBytes))
        }
    }
}
