internal import CWireMessages

/// Worker to coordinator: gone for good, with the leases that it returns.
package struct Goodbye: Hashable, Sendable {
    /// Why, for people.
    package var reason: String
    /// Leases that were not computed.
    package var leases: [UInt64]
    /// Whether the worker could not make what the run needs, such as data that is not there.
    package var isUnprepared: Bool

    /// A message of the given fields.
    package init(reason: String, leases: [UInt64] = [], isUnprepared: Bool = false) {
        self.reason = reason
        self.leases = leases
        self.isUnprepared = isUnprepared
    }
}

extension Goodbye: WireMessage {
    private static var codec: FieldCodec<Voxelnas__Goodbye> {
        unsafe FieldCodec { unsafe voxelnas__goodbye__init($0) }
    }

    var fields: [UInt8] {
        unsafe Self.codec.pack { fields, arena in
            unsafe fields.reason = arena.string(reason)
            unsafe fields.unprepared = isUnprepared ? 1 : 0
            unsafe fields.n_leases = leases.count
            unsafe fields.leases = arena.array(leases)
        }
    }

    init(fields: [UInt8], payload: Payload) throws(WireError) {
        self = try unsafe Self.codec.unpack(fields, type: .goodbye) { fields throws(WireError) in
            try unsafe Goodbye(
                reason: FieldReading.string(fields.reason, "reason", limit: WireLimits.textBytes),
                leases: FieldReading.array(fields.leases, fields.n_leases, "leases"),
                isUnprepared: fields.unprepared != 0)
        }
    }
}
