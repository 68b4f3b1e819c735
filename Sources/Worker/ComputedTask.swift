internal import Tasks
internal import Tensors
internal import WireProtocol

/// A result in the form that it is offered and sent in.
struct ComputedTask: Sendable {
    let offer: GradOffer
    let blocks: OutgoingBlocks

    /// The offer and the blocks of a result: gradients, then statistics, each in sum order, then
    /// logits that are too many for the offer.
    init(
        _ result: TaskResult, of task: TaskDescription, from inputs: TaskDigest,
        pullSeconds: Double, computeSeconds: Double
    ) {
        var named: [GradOffer.Block] = []
        var values: [[Float]] = []
        for (set, kind) in [
            (result.gradients, BlockKind.parameters), (result.statistics, .statistics),
        ] {
            for id in set.operators {
                guard let block = set[id] else { continue }
                named.append(GradOffer.Block(id: id, kind: kind, count: block.count))
                values.append(kind == .parameters ? task.exchange.packed(block) : block)
            }
        }
        let isInline = GradOffer.fitsInline(
            logits: result.logits.count, slotProducts: result.slotProducts.count)
        if !isInline {
            named.append(
                GradOffer.Block(
                    id: GradOffer.Block.logitsID, kind: .logits, count: result.logits.count))
            values.append(result.logits)
        }
        blocks = OutgoingBlocks(values)
        // What travels inline takes part in the comparison of duplicates too.
        offer = GradOffer(
            key: task.key, lease: 0, inputs: inputs, architecture: result.architecture,
            sampleCount: result.sampleCount, loss: result.loss,
            logits: isInline ? result.logits : [],
            slotProducts: result.slotProducts, blocks: named,
            digest: result.digest,
            pullSeconds: pullSeconds, computeSeconds: computeSeconds)
    }
}
