internal import CWireMessages

/// Coordinator to anyone: refused, why, and what to do about it.
package struct Reject: Hashable, Sendable {
    /// Why.
    package var code: Code
    /// When to try again, or `nil` for never.
    package var retryMilliseconds: Int?
    /// What was found and what was expected.
    package var text: String
    /// What to do.
    package var hint: String

    /// A message of the given fields.
    package init(code: Code, retryMilliseconds: Int?, text: String, hint: String = "") {
        self.code = code
        self.retryMilliseconds = retryMilliseconds
        self.text = text
        self.hint = hint
    }
}

extension Reject {
    /// Why a peer is refused.
    package enum Code: UInt32, Hashable, Sendable, CaseIterable {
        /// No common version of the protocol.
        case version = 1
        /// The arithmetic of the worker yields other bits than the run's.
        case numerics = 2
        /// The message needs a greeting first; greet again.
        case unknownSession = 3
        /// The message belongs to an earlier incarnation of the coordinator; greet again.
        case staleEpoch = 4
        /// The message could not be read or does not belong on its lane.
        case malformed = 5
        /// The worker sent a result that another version of the program would send.
        case quarantined = 6
        /// The run is over, or the coordinator takes no more workers.
        case closed = 7
        /// The worker's name or address belongs to another key.
        case identity = 8
        /// The worker's key was revoked, or an operator threw the worker out.
        case evicted = 9
    }
}

extension Reject: WireMessage {
    private static var codec: FieldCodec<Voxelnas__Reject> {
        unsafe FieldCodec { unsafe voxelnas__reject__init($0) }
    }

    var fields: [UInt8] {
        unsafe Self.codec.pack { fields, arena in
            unsafe fields.code = code.rawValue
            unsafe fields.retry_after_ms = Int32(clamping: retryMilliseconds ?? -1)
            unsafe fields.text = arena.string(text)
            unsafe fields.hint = arena.string(hint)
        }
    }

    init(fields: [UInt8], payload: Payload) throws(WireError) {
        self = try unsafe Self.codec.unpack(fields, type: .reject) { fields throws(WireError) in
            guard let code = unsafe Code(rawValue: fields.code) else {
                throw unsafe WireError.invalidField(
                    "code", found: "\(fields.code)", allowed: "a known code")
            }
            return try unsafe Reject(
                code: code,
                retryMilliseconds: fields.retry_after_ms < 0 ? nil : Int(fields.retry_after_ms),
                text: FieldReading.string(fields.text, "text", limit: WireLimits.textBytes),
                hint: FieldReading.string(fields.hint, "hint", limit: WireLimits.textBytes))
        }
    }
}
