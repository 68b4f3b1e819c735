internal import CWireMessages

/// Coordinator to worker: nobody wants these any more.
package struct Abandon: Hashable, Sendable {
    /// The leases.
    package var leases: [UInt64]

    /// A message of the given fields.
    package init(leases: [UInt64]) {
        self.leases = leases
    }
}

extension Abandon: WireMessage {
    private static var codec: FieldCodec<Voxelnas__Abandon> {
        unsafe FieldCodec { unsafe voxelnas__abandon__init($0) }
    }

    var fields: [UInt8] {
        unsafe Self.codec.pack { fields, arena in
            unsafe fields.n_leases = leases.count
            unsafe fields.leases = arena.array(leases)
        }
    }

    init(fields: [UInt8], payload: Payload) throws(WireError) {
        self = try unsafe Self.codec.unpack(fields, type: .abandon) { fields throws(WireError) in
            try unsafe Abandon(
                leases: FieldReading.array(fields.leases, fields.n_leases, "leases"))
        }
    }
}
