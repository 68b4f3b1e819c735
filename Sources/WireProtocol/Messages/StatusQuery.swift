internal import CWireMessages

/// Command line to coordinator: a question about how things stand.
package struct StatusQuery: Hashable, Sendable {
    /// What is asked for, such as `status`.
    package var what: String

    /// A message of the given fields.
    package init(what: String = "status") {
        self.what = what
    }
}

extension StatusQuery: WireMessage {
    private static var codec: FieldCodec<Voxelnas__StatusQuery> {
        unsafe FieldCodec { unsafe voxelnas__status_query__init($0) }
    }

    var fields: [UInt8] {
        unsafe Self.codec.pack { fields, arena in
            unsafe fields.what = arena.string(what)
        }
    }

    init(fields: [UInt8], payload: Payload) throws(WireError) {
        self = try unsafe Self.codec.unpack(fields, type: .statusQuery) {
            fields throws(WireError) in
            try unsafe StatusQuery(
                what: FieldReading.string(fields.what, "what"))
        }
    }
}
