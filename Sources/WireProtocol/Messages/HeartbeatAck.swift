internal import CWireMessages

/// Coordinator to worker: heard.
package struct HeartbeatAck: Hashable, Sendable {
    /// The heartbeat's number.
    package var sequence: UInt64
    /// The newest round; results of rounds long before need not be kept.
    package var round: UInt64
    /// Whether no leases are given at the moment.
    package var isPaused: Bool

    /// A message of the given fields.
    package init(sequence: UInt64, round: UInt64, isPaused: Bool = false) {
        self.sequence = sequence
        self.round = round
        self.isPaused = isPaused
    }
}

extension HeartbeatAck: WireMessage {
    private static var codec: FieldCodec<Voxelnas__HeartbeatAck> {
        unsafe FieldCodec { unsafe voxelnas__heartbeat_ack__init($0) }
    }

    var fields: [UInt8] {
        unsafe Self.codec.pack { fields, _ in
            unsafe fields.sequence = sequence
            unsafe fields.round = round
            unsafe fields.paused = isPaused ? 1 : 0
        }
    }

    init(fields: [UInt8], payload: Payload) throws(WireError) {
        self = try unsafe Self.codec.unpack(fields, type: .heartbeatAck) {
            fields throws(WireError) in
            unsafe HeartbeatAck(
                sequence: fields.sequence,
                round: fields.round,
                isPaused: fields.paused != 0)
        }
    }
}
