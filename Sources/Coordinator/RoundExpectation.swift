internal import SearchSpaces
internal import Tasks
internal import Tensors
internal import WireProtocol

/// What the results of a round must look like, worked out before any worker is asked for them.
///
/// Whatever cannot travel is found here too: a round that no result of could be sent must not cost
/// the time to compute it.
struct RoundExpectation {
    /// What each task reads and which network it runs, by index.
    let requirements: [TaskRequirements]
    /// The digest of each task's inputs, by index.
    let inputs: [TaskDigest]

    /// The expectation of a round.
    ///
    /// - Throws: ``CoordinatorError`` when a task does not belong to the run, reads a block that the
    ///   round lacks, or exceeds what messages may hold.
    /// - Complexity: One pass over the parameters that the round reads.
    init(
        of round: Round, requirements: DistributedRoundExecutor.Requirements
    ) throws(CoordinatorError) {
        var blocks = BlockTable(round: round)
        var needs: [TaskRequirements] = []
        var inputs: [TaskDigest] = []
        for task in round.tasks {
            let reads: TaskRequirements
            do {
                reads = try requirements(task, round.alpha)
            } catch {
                throw .foreignTask(task.key, "\(error)")
            }
            let read = try blocks.blocks(reads, of: task)
            let digest = TaskDigest(of: task, alpha: round.alpha, reading: read)
            do {
                try Self.rehearse(task, reads, read, digest, alpha: round.alpha)
            } catch {
                throw .unsendable("task \(task.key)", error)
            }
            needs.append(reads)
            inputs.append(digest)
        }
        self.requirements = needs
        self.inputs = inputs
    }

    /// Holds every message about a task to the limits, each with its numbers at their longest.
    private static func rehearse(
        _ task: TaskDescription, _ needs: TaskRequirements, _ blocks: [TaskDigest.Block],
        _ digest: TaskDigest, alpha: [Float]
    ) throws(WireError) {
        let lease = Lease(
            lease: .max, task: task, inputs: digest, timeToLiveMilliseconds: Int(Int32.max),
            alpha: alpha)
        try MessageCodec.check(.lease(lease))
        let want = ParamsWant(
            lease: .max, key: task.key, creditBytes: WireLimits.creditBytes,
            blocks: blocks.map { ParamsWant.Block(id: $0.id, kind: $0.kind, have: .max - 1) })
        try MessageCodec.check(.paramsWant(want))
        let plan = ParamsPlan(
            lease: .max, key: task.key, transfer: .max,
            blocks: blocks.map {
                ParamsPlan.Block(version: .max, count: $0.count, isSent: true)
            })
        try MessageCodec.check(.paramsPlan(plan))
        let result: [GradOffer.Block] =
            switch task.kind {
            case .weightGradient:
                blocks.filter { $0.kind == .parameters }.map {
                    GradOffer.Block(id: $0.id, kind: .parameters, count: $0.count)
                }
            case .statistics:
                needs.operators.map { GradOffer.Block(id: $0, kind: .statistics, count: 1 << 20) }
            case .slotProducts, .predictions: []
            }
        let offer = GradOffer(
            key: task.key, lease: .max, inputs: digest, architecture: needs.architecture,
            sampleCount: task.batch.scans.count, loss: 1, logits: [],
            slotProducts: task.kind == .slotProducts
                ? Array(repeating: 1, count: needs.architecture.choices.count) : [],
            blocks: result, digest: .max, pullSeconds: 1, computeSeconds: 1)
        try MessageCodec.check(.gradOffer(offer))
    }
}

/// The blocks of a round, each looked at once.
private struct BlockTable {
    private struct Address: Hashable {
        let id: OperatorID
        let kind: BlockKind
        let exchange: ExchangeFormat
    }
    private let round: Round
    private var known: [Address: TaskDigest.Block] = [:]

    init(round: Round) {
        self.round = round
    }

    mutating func blocks(
        _ needs: TaskRequirements, of task: TaskDescription
    ) throws(CoordinatorError) -> [TaskDigest.Block] {
        var found: [TaskDigest.Block] = []
        found.reserveCapacity(needs.operators.count + needs.statistics.count)
        for id in needs.operators { found.append(try block(id, .parameters, of: task)) }
        for id in needs.statistics { found.append(try block(id, .statistics, of: task)) }
        return found
    }

    private mutating func block(
        _ id: OperatorID, _ kind: BlockKind, of task: TaskDescription
    ) throws(CoordinatorError) -> TaskDigest.Block {
        let exchange = kind == .parameters ? task.exchange : .float32
        let address = Address(id: id, kind: kind, exchange: exchange)
        if let block = known[address] { return block }
        guard let values = (kind == .parameters ? round.parameters : round.statistics)[id] else {
            throw .missingBlock(task.key, "\(kind) of \(id)")
        }
        let block = TaskDigest.Block(id: id, kind: kind, values: exchange.rounded(values))
        known[address] = block
        return block
    }
}
