package import Tasks
internal import Tensors

extension TaskResult {
    /// CRC-32C of all numbers of the result; equal results have equal digests.
    ///
    /// Gradients, then statistics, each in sum order, then logits, slot products and the loss's bits.
    package var digest: UInt32 {
        let sets = [gradients, statistics].flatMap { set in set.operators.map { set[$0] ?? [] } }
        let bits = loss.bitPattern
        let lossBits = [
            Float(bitPattern: UInt32(truncatingIfNeeded: bits)),
            Float(bitPattern: UInt32(truncatingIfNeeded: bits >> 32)),
        ]
        return OutgoingBlocks(sets + [logits, slotProducts, lossBits]).digest
    }
}
