internal import Coordination
internal import Tasks
internal import Tensors
internal import WireProtocol

/// Serves a round's parameters and statistics to workers.
struct ParameterDesk {
    private struct Serving {
        let transfer: OutgoingTransfer
        let blocks: OutgoingBlocks
        let peer: PeerID
        let key: TaskKey
    }
    private struct Address: Hashable {
        let peer: PeerID
        let key: TaskKey
    }
    private var servings: [UInt64: Serving] = [:]
    private var current: [Address: UInt64] = [:]

    /// The plan for what a worker wants, and the first chunks.
    mutating func plan(
        _ want: ParamsWant, from peer: PeerID, round: Round, transfer id: UInt64
    ) -> [Message] {
        let exchange = round.tasks[want.key.index].exchange
        let address = Address(peer: peer, key: want.key)
        if let former = current.updateValue(id, forKey: address) { servings[former] = nil }
        var blocks: [[Float]] = []
        var plan: [ParamsPlan.Block] = []
        for wanted in want.blocks {
            let block: [Float]?
            let version: UInt64
            switch wanted.kind {
            case .parameters:
                block = round.parameters[wanted.id]
                version = round.versions[wanted.id] ?? round.number
            case .statistics:
                block = round.statistics[wanted.id]
                version = round.number
            case .logits: (block, version) = (nil, 0)
            }
            let isSent = block != nil && wanted.have != version
            if isSent, let block {
                blocks.append(wanted.kind == .parameters ? exchange.packed(block) : block)
            }
            plan.append(
                ParamsPlan.Block(version: version, count: block?.count ?? 0, isSent: isSent))
        }
        let outgoing = OutgoingBlocks(blocks)
        let serving = Serving(
            transfer: OutgoingTransfer(id: id, total: outgoing.byteCount), blocks: outgoing,
            peer: peer, key: want.key)
        servings[id] = serving
        let answer = ParamsPlan(lease: want.lease, key: want.key, transfer: id, blocks: plan)
        return [.paramsPlan(answer)]
            + chunks(ChunkGet(transfer: id, offset: 0, length: want.creditBytes), for: peer)
    }

    /// The chunks that answer a request.
    func chunks(_ get: ChunkGet, for peer: PeerID) -> [Message] {
        guard let serving = servings[get.transfer], serving.peer == peer else { return [] }
        return serving.transfer.chunks(offset: get.offset, length: get.length).map { range in
            .chunk(
                Chunk(
                    transfer: get.transfer, offset: range.lowerBound,
                    payload: serving.blocks.payload(range)))
        }
    }

    mutating func forget(_ peer: PeerID) {
        servings = servings.filter { $0.value.peer != peer }
        current = current.filter { $0.key.peer != peer }
    }

    mutating func forget(round number: UInt64) {
        servings = servings.filter { $0.value.key.round != number }
        current = current.filter { $0.key.key.round != number }
    }
}
