internal import Coordination
internal import SearchSpaces
internal import Tasks
internal import Tensors
internal import WireProtocol

/// Receives the blocks of results and looks at them.
struct ResultDesk {
    private struct Upload {
        let offer: GradOffer
        let exchange: ExchangeFormat
        let peer: PeerID
        var transfer: IncomingTransfer
        var blocks: IncomingBlocks
    }
    private struct Sender: Hashable {
        let key: TaskKey
        let peer: PeerID
    }
    private var uploads: [UInt64: Upload] = [:]
    /// The upload of a worker's result.
    private var places: [Sender: UInt64] = [:]

    /// A result all of whose blocks are here.
    struct Complete {
        let offer: GradOffer
        let peer: PeerID
        let blocks: IncomingBlocks
        /// What its gradients travelled as.
        let exchange: ExchangeFormat
    }

    /// Starts to receive a result, or goes on where an earlier connection broke.
    ///
    /// - Returns: The request to send, or the result when it has no blocks.
    mutating func receive(
        _ offer: GradOffer, as exchange: ExchangeFormat, from peer: PeerID, transfer id: UInt64,
        window: Int
    ) -> (want: GradWant?, complete: Complete?) {
        let former = places[Sender(key: offer.key, peer: peer)].flatMap { remove($0) }
        let same =
            former.flatMap { former in
                former.offer.digest == offer.digest && former.offer.blocks == offer.blocks
                    ? former : nil
            }
        let blocks =
            same?.blocks ?? IncomingBlocks(counts: offer.blocks.map { $0.wordCount(exchange) })
        let transfer = IncomingTransfer(
            id: id, total: blocks.byteCount, window: window,
            received: same?.transfer.received ?? 0)
        guard !transfer.isComplete else {
            return (nil, Complete(offer: offer, peer: peer, blocks: blocks, exchange: exchange))
        }
        uploads[id] = Upload(
            offer: offer, exchange: exchange, peer: peer, transfer: transfer, blocks: blocks)
        places[Sender(key: offer.key, peer: peer)] = id
        let want = GradWant(
            key: offer.key, transfer: id, offset: transfer.received,
            creditBytes: min(window, transfer.total - transfer.received))
        return (want, nil)
    }

    /// Takes in a chunk.
    ///
    /// - Returns: A request for more, and the result once it is whole.
    mutating func accept(
        _ chunk: Chunk, from peer: PeerID
    ) -> (get: ChunkGet?, complete: Complete?) {
        guard uploads[chunk.transfer]?.peer == peer,
            uploads[chunk.transfer]?.transfer.accept(
                offset: chunk.offset, count: chunk.payload.count) == true
        else { return (nil, nil) }
        _ = uploads[chunk.transfer]?.blocks.write(chunk.payload, at: chunk.offset)
        if uploads[chunk.transfer]?.transfer.isComplete == true,
            let upload = remove(chunk.transfer)
        {
            let complete = Complete(
                offer: upload.offer, peer: peer, blocks: upload.blocks, exchange: upload.exchange)
            return (nil, complete)
        }
        return (uploads[chunk.transfer]?.transfer.renewal(), nil)
    }

    mutating func stop(_ key: TaskKey, from peer: PeerID) {
        forget { $0.peer == peer && $0.offer.key == key }
    }

    mutating func forget(_ peer: PeerID) { forget { $0.peer == peer } }

    mutating func forget(round number: UInt64) { forget { $0.offer.key.round == number } }

    private mutating func forget(_ isGone: (Upload) -> Bool) {
        for (id, upload) in uploads where isGone(upload) { _ = remove(id) }
    }

    private mutating func remove(_ id: UInt64) -> Upload? {
        guard let upload = uploads.removeValue(forKey: id) else { return nil }
        places[Sender(key: upload.offer.key, peer: upload.peer)] = nil
        return upload
    }
}

extension GradOffer {
    /// Why the announced result cannot be one of the task, or `nil`.
    func objection(
        against expected: TaskRequirements, samples: Int, parameters: ParameterSet
    ) -> String? {
        guard architecture == expected.architecture else {
            return "task \(key): the worker ran network \(architecture), expected "
                + "\(expected.architecture); versions or configurations differ"
        }
        let known = Set(expected.operators)
        var seen: Set<String> = []
        for block in blocks {
            if block.kind == .logits {
                guard block == blocks.last, logits.isEmpty, block.id == Block.logitsID,
                    block.count <= samples * WireLimits.classCount
                else { return "task \(key): \(block.count) logits out of place" }
                continue
            }
            guard known.contains(block.id), seen.insert("\(block.kind)/\(block.id)").inserted else {
                return "task \(key): block \(block.id) does not belong to the task's result"
            }
            if block.kind == .parameters, let own = parameters[block.id], own.count != block.count {
                return "task \(key): gradient of \(block.id) has \(block.count) values, "
                    + "expected \(own.count)"
            }
        }
        return nil
    }
}

extension ResultDesk.Complete {
    /// The result as the search knows it.
    var result: TaskResult {
        var gradients = ParameterSet()
        var statistics = ParameterSet()
        var logits = offer.logits
        for (block, values) in zip(offer.blocks, blocks.blocks) {
            switch block.kind {
            case .parameters:
                gradients[block.id] = exchange.unpacked(values, count: block.count)
            case .statistics: statistics[block.id] = values
            case .logits: logits = values
            }
        }
        return TaskResult(
            key: offer.key, architecture: offer.architecture, sampleCount: offer.sampleCount,
            loss: offer.loss, logits: logits, gradients: gradients,
            slotProducts: offer.slotProducts, statistics: statistics)
    }
}
