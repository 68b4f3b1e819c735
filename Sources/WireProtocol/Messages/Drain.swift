internal import CWireMessages

/// Either way: finish what is running, take nothing new.
package struct Drain: Hashable, Sendable {
    /// Why, for people.
    package var reason: String
    /// How long unfinished work may take.
    package var deadlineMilliseconds: Int
    /// Leases that a worker returns at once.
    package var leases: [UInt64]

    /// A message of the given fields.
    package init(reason: String, deadlineMilliseconds: Int, leases: [UInt64] = []) {
        self.reason = reason
        self.deadlineMilliseconds = deadlineMilliseconds
        self.leases = leases
    }
}

extension Drain: WireMessage {
    private static var codec: FieldCodec<Voxelnas__Drain> {
        unsafe FieldCodec { unsafe voxelnas__drain__init($0) }
    }

    var fields: [UInt8] {
        unsafe Self.codec.pack { fields, arena in
            unsafe fields.reason = arena.string(reason)
            unsafe fields.deadline_ms = UInt32(clamping: deadlineMilliseconds)
            unsafe fields.n_leases = leases.count
            unsafe fields.leases = arena.array(leases)
        }
    }

    init(fields: [UInt8], payload: Payload) throws(WireError) {
        self = try unsafe Self.codec.unpack(fields, type: .drain) { fields throws(WireError) in
            try unsafe Drain(
                reason: FieldReading.string(fields.reason, "reason", limit: WireLimits.textBytes),
                deadlineMilliseconds: FieldReading.number(
                    fields.deadline_ms, "deadline", 0...86_400_000),
                leases: FieldReading.array(fields.leases, fields.n_leases, "leases"))
        }
    }
}
