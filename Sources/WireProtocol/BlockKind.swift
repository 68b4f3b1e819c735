/// What a block of float32 holds.
package enum BlockKind: UInt32, Hashable, Sendable {
    /// Weights, or their gradient.
    case parameters = 1
    /// Batch-norm statistics.
    case statistics = 2
    /// The logits of a micro-batch, where they are too many for the offer itself.
    case logits = 3

    init(field: UInt32) throws(WireError) {
        guard let kind = BlockKind(rawValue: field) else {
            throw .invalidField("block kind", found: "\(field)", allowed: "1, 2 or 3")
        }
        self = kind
    }
}
