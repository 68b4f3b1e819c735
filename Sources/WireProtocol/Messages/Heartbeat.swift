internal import CWireMessages

/// Worker to coordinator: alive, and how far.
package struct Heartbeat: Hashable, Sendable {
    /// Counts up.
    package var sequence: UInt64
    /// Moves when the worker gets on with its tasks; leases are renewed by it.
    package var progress: UInt64
    /// Memory in use.
    package var residentBytes: Int
    /// The leases that the worker holds; the coordinator takes back those that it misses.
    package var leases: [UInt64]

    /// A message of the given fields.
    package init(sequence: UInt64, progress: UInt64, residentBytes: Int, leases: [UInt64]) {
        self.sequence = sequence
        self.progress = progress
        self.residentBytes = residentBytes
        self.leases = leases
    }
}

extension Heartbeat: WireMessage {
    private static var codec: FieldCodec<Voxelnas__Heartbeat> {
        unsafe FieldCodec { unsafe voxelnas__heartbeat__init($0) }
    }

    var fields: [UInt8] {
        unsafe Self.codec.pack { fields, arena in
            unsafe fields.sequence = sequence
            unsafe fields.progress = progress
            unsafe fields.resident_bytes = UInt64(clamping: residentBytes)
            unsafe fields.n_leases = leases.count
            unsafe fields.leases = arena.array(leases)
        }
    }

    init(fields: [UInt8], payload: Payload) throws(WireError) {
        self = try unsafe Self.codec.unpack(fields, type: .heartbeat) { fields throws(WireError) in
            try unsafe Heartbeat(
                sequence: fields.sequence,
                progress: fields.progress,
                residentBytes: FieldReading.number(
                    fields.resident_bytes, "resident bytes", 0...Int.max),
                leases: FieldReading.array(fields.leases, fields.n_leases, "leases"))
        }
    }
}
