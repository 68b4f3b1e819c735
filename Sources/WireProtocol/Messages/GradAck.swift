internal import CWireMessages
package import Tasks

/// Coordinator to worker: what became of a result.
package struct GradAck: Hashable, Sendable {
    /// The task.
    package var key: TaskKey
    /// What became of it.
    package var code: Code
    /// Whether the worker may forget the result.
    package var isDurable: Bool
    /// Why, for people.
    package var text: String

    /// A message of the given fields.
    package init(key: TaskKey, code: Code, isDurable: Bool = false, text: String = "") {
        self.key = key
        self.code = code
        self.isDurable = isDurable
        self.text = text
    }
}

extension GradAck {
    /// What became of a result.
    package enum Code: UInt32, Hashable, Sendable, CaseIterable {
        /// It is the one that counts.
        case accepted = 1
        /// Another worker's was first, and its bits are the same.
        case duplicate = 2
        /// Its round is over.
        case stale = 3
        /// Another worker's was first, and its bits differ.
        case mismatch = 4
        /// It cannot be the result of this task; the task goes to another worker.
        case refused = 5
    }
}

extension GradAck: WireMessage {
    private static var codec: FieldCodec<Voxelnas__GradAck> {
        unsafe FieldCodec { unsafe voxelnas__grad_ack__init($0) }
    }

    var fields: [UInt8] {
        unsafe Self.codec.pack { fields, arena in
            unsafe fields.key = arena.message(key.fields)
            unsafe fields.code = code.rawValue
            unsafe fields.durable = isDurable ? 1 : 0
            unsafe fields.text = arena.string(text)
        }
    }

    init(fields: [UInt8], payload: Payload) throws(WireError) {
        self = try unsafe Self.codec.unpack(fields, type: .gradAck) { fields throws(WireError) in
            guard let code = unsafe Code(rawValue: fields.code) else {
                throw unsafe WireError.invalidField(
                    "code", found: "\(fields.code)", allowed: "a known code")
            }
            return try unsafe GradAck(
                key: TaskKey(fields: fields.key),
                code: code,
                isDurable: fields.durable != 0,
                text: FieldReading.string(fields.text, "text", limit: WireLimits.textBytes))
        }
    }
}
