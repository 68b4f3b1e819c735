internal import CWireMessages

/// Coordinator to command line: what became of a command.
package struct AdminReply: Hashable, Sendable {
    /// What was asked for.
    package var command: String
    /// Whether it was done.
    package var isDone: Bool
    /// What was done, or why not and what to do about it.
    package var text: String

    /// A message of the given fields.
    package init(command: String, isDone: Bool, text: String) {
        self.command = command
        self.isDone = isDone
        self.text = text
    }
}

extension AdminReply: WireMessage {
    private static var codec: FieldCodec<Voxelnas__AdminReply> {
        unsafe FieldCodec { unsafe voxelnas__admin_reply__init($0) }
    }

    var fields: [UInt8] {
        unsafe Self.codec.pack { fields, arena in
            unsafe fields.command = arena.string(command)
            unsafe fields.done = isDone ? 1 : 0
            unsafe fields.text = arena.string(text)
        }
    }

    init(fields: [UInt8], payload: Payload) throws(WireError) {
        self = try unsafe Self.codec.unpack(fields, type: .adminReply) {
            fields throws(WireError) in
            try unsafe AdminReply(
                command: FieldReading.string(fields.command, "command"),
                isDone: fields.done != 0,
                text: FieldReading.string(fields.text, "text", limit: WireLimits.textBytes))
        }
    }
}
