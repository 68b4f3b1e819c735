internal import CWireMessages

/// Command line to coordinator: do something.
package struct AdminCommand: Hashable, Sendable {
    /// What may be asked for.
    package enum Action: String, Hashable, Sendable, CaseIterable {
        /// Let a worker finish what it has begun, and leave; every worker when none is named.
        case drain
        /// Throw a worker out at once, and take it no more.
        case evict
        /// Give no tasks out.
        case pause
        /// Give tasks out again.
        case resume
        /// Save the search's state after this step.
        case checkpoint
        /// End the run after this step, saved.
        case stop
    }

    /// What is to be done.
    package var action: Action
    /// The worker, by name or address; empty for all.
    package var target: String
    /// Why, for people.
    package var reason: String
    /// How long what is begun may take.
    package var limitMilliseconds: Int

    /// A message of the given fields.
    package init(
        _ action: Action, target: String = "", reason: String = "", limitMilliseconds: Int = 25_000
    ) {
        self.action = action
        self.target = target
        self.reason = reason
        self.limitMilliseconds = limitMilliseconds
    }
}

extension AdminCommand: WireMessage {
    private static var codec: FieldCodec<Voxelnas__AdminCommand> {
        unsafe FieldCodec { unsafe voxelnas__admin_command__init($0) }
    }

    var fields: [UInt8] {
        unsafe Self.codec.pack { fields, arena in
            unsafe fields.command = arena.string(action.rawValue)
            unsafe fields.target = arena.string(target)
            unsafe fields.reason = arena.string(reason)
            unsafe fields.limit_ms = UInt32(clamping: limitMilliseconds)
        }
    }

    init(fields: [UInt8], payload: Payload) throws(WireError) {
        self = try unsafe Self.codec.unpack(fields, type: .adminCommand) {
            fields throws(WireError) in
            let name = try unsafe FieldReading.string(fields.command, "command")
            guard let action = Action(rawValue: name) else {
                throw .invalidField(
                    "command", found: "'\(name.prefix(32))'",
                    allowed: Action.allCases.map(\.rawValue).joined(separator: ", "))
            }
            return try unsafe AdminCommand(
                action, target: FieldReading.string(fields.target, "target"),
                reason: FieldReading.string(fields.reason, "reason", limit: WireLimits.textBytes),
                limitMilliseconds: FieldReading.number(fields.limit_ms, "limit", 0...86_400_000))
        }
    }
}
