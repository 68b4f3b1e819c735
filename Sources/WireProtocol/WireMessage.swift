/// What every message can do: its fields as protobuf, and its bulk beside them.
protocol WireMessage: Sendable {
    /// The packed fields.
    var fields: [UInt8] { get }
    /// The bytes beside the fields.
    var payload: Payload { get }
    /// Reads a message and checks every field against ``WireLimits``.
    init(fields: [UInt8], payload: Payload) throws(WireError)
}

extension WireMessage {
    var payload: Payload { .empty }
}
