internal import CWireMessages
package import Tasks

/// A result that a worker keeps, as its greeting names it.
package struct HeldResult: Hashable, Sendable {
    /// The task.
    package var key: TaskKey
    /// What it was computed from.
    package var inputs: TaskDigest

    /// A kept result.
    package init(key: TaskKey, inputs: TaskDigest) {
        self.key = key
        self.inputs = inputs
    }

    func fields(in arena: PackingArena) -> Voxelnas__HeldResult {
        var fields = unsafe FieldCodec<Voxelnas__HeldResult>(
            initialize: { unsafe voxelnas__held_result__init($0) }
        ).empty
        unsafe fields.key = arena.message(key.fields)
        unsafe fields.inputs = inputs.field(in: arena)
        return unsafe fields
    }

    init(fields: Voxelnas__HeldResult) throws(WireError) {
        try unsafe self.init(
            key: TaskKey(fields: fields.key), inputs: TaskDigest(field: fields.inputs))
    }
}
