internal import CWireMessages

/// Coordinator to command line: the answer, as JSON in the payload.
package struct StatusReply: Hashable, Sendable {
    /// What was asked for.
    package var what: String
    /// The JSON.
    package var text: String

    /// A message of the given fields.
    package init(what: String, text: String) {
        self.what = what
        self.text = text
    }
}

extension StatusReply: WireMessage {
    private static var codec: FieldCodec<Voxelnas__StatusReply> {
        unsafe FieldCodec { unsafe voxelnas__status_reply__init($0) }
    }

    var fields: [UInt8] {
        unsafe Self.codec.pack { fields, arena in
            unsafe fields.what = arena.string(what)
        }
    }

    var payload: Payload { Payload(text) }

    init(fields: [UInt8], payload: Payload) throws(WireError) {
        let text = try payload.text()
        self = try unsafe Self.codec.unpack(fields, type: .statusReply) {
            fields throws(WireError) in
            try unsafe StatusReply(
                what: FieldReading.string(fields.what, "what"),
                text: text)
        }
    }
}
