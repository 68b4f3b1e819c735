import SearchSpaces
import Tasks
import Tensors
import WireProtocol

/// One of each message, with every field off its default.
enum SampleMessages {
    static let key = TaskKey(round: 812, index: 7)

    static func task(_ network: TaskDescription.Network) -> TaskDescription {
        TaskDescription(
            key: key, kind: .slotProducts, model: ModelID("retrain-2"), network: network,
            batch: .init(volumes: "search", scans: [4, 0, 70_000], epoch: 3, augmented: true),
            objective: .init(dropout: 0.25, labelSmoothing: 0.1, classWeights: [1, 0.5]),
            exchange: .bfloat16)
    }

    static let inputs = TaskDigest(
        of: task(.fixed(Architecture(choices: [1]))), alpha: [0.5],
        reading: [.init(id: OperatorID("stem"), kind: .parameters, values: [1, -2])])

    static let shard = ShardID(bytes: (0..<32).map { UInt8($0) })

    static let all: [Message] = [
        .hello(
            Hello(
                workerName: "werkstatt-ä", bootNonce: .max, cores: 2, memoryBytes: 1 << 40,
                slots: 2, prefetch: 1, build: "0.1", numericsFingerprint: "avx2/1f",
                searchSpaceHash: "s", configurationHash: "c",
                held: [HeldResult(key: key, inputs: inputs)])),
        .welcome(
            Welcome(
                session: 9, epoch: 4, runID: "run", configurationHash: "c", dataPort: 7732,
                heartbeatMilliseconds: 2000, silenceMilliseconds: 10_000, chunkBytes: 262_144,
                windowBytes: 4 << 20, configuration: String(repeating: "seed: 7\n", count: 6000))),
        .reject(Reject(code: .numerics, retryMilliseconds: nil, text: "no", hint: "install")),
        .reject(Reject(code: .staleEpoch, retryMilliseconds: 0, text: "old")),
        .heartbeat(Heartbeat(sequence: 5, progress: 6, residentBytes: 7, leases: [1, .max])),
        .heartbeatAck(HeartbeatAck(sequence: 5, round: 812, isPaused: true)),
        .drain(Drain(reason: "SIGTERM", deadlineMilliseconds: 25_000, leases: [8])),
        .goodbye(Goodbye(reason: "done", leases: [3], isUnprepared: true)),
        .taskRequest(TaskRequest(slots: 2, prefetch: 1)),
        .lease(
            Lease(
                lease: 77, task: task(.sampled(step: 1, phase: 2, path: 3)), inputs: inputs,
                timeToLiveMilliseconds: 30_000, isSpeculative: true, alpha: [0, -1.5, .infinity])),
        .lease(
            Lease(
                lease: 78, task: task(.fixed(Architecture(choices: [0, 7, 3]))),
                inputs: inputs, timeToLiveMilliseconds: 1, alpha: [])),
        .abandon(Abandon(leases: [])),
        .taskFailure(TaskFailure(key: key, lease: 77, text: "scan 3 is missing")),
        .paramsWant(
            ParamsWant(
                lease: 77, key: key, creditBytes: 4 << 20,
                blocks: [
                    .init(id: OperatorID("cell3.block1.k5e4"), kind: .parameters, have: nil),
                    .init(id: OperatorID("head"), kind: .statistics, have: 0),
                ])),
        .paramsPlan(
            ParamsPlan(
                lease: 77, key: key, transfer: 12,
                blocks: [
                    .init(version: 0, count: 1 << 20, isSent: true),
                    .init(version: .max, count: 0, isSent: false),
                ])),
        .chunkGet(ChunkGet(transfer: 12, offset: 1 << 40, length: 4 << 20)),
        .chunk(
            Chunk(
                transfer: 12, offset: 256 << 10,
                payload: .bytes((0..<(256 << 10)).map { UInt8(truncatingIfNeeded: $0) }))),
        .gradOffer(
            GradOffer(
                key: key, lease: 77, inputs: inputs,
                architecture: Architecture(choices: [1, 2, 255]), sampleCount: 4, loss: -0.1,
                logits: [1, 2, 3], slotProducts: [-0.0, 5],
                blocks: [
                    .init(id: OperatorID("stem"), kind: .parameters, count: 864),
                    .init(id: GradOffer.Block.logitsID, kind: .logits, count: 20_000),
                ],
                digest: 0xdead_beef, pullSeconds: 0.5, computeSeconds: 2)),
        .gradWant(GradWant(key: key, transfer: 13, offset: 8, creditBytes: 1 << 20)),
        .gradAck(GradAck(key: key, code: .mismatch, isDurable: true, text: "differs")),
        .statusQuery(StatusQuery()),
        .statusReply(StatusReply(what: "status", text: "{}")),
        .shardWant(ShardWant(shard: shard, offset: 1 << 40, creditBytes: 1 << 20)),
        .shardPlan(ShardPlan(shard: shard, transfer: 14, byteCount: 1 << 41)),
        .shardPlan(ShardPlan(shard: shard, transfer: 15, byteCount: nil)),
        .probe(Probe(sequence: 3, replyBytes: 1 << 18, payload: .bytes([1, 2, 3]))),
        .adminCommand(
            AdminCommand(.evict, target: "node7", reason: "smoke", limitMilliseconds: 9)),
        .adminReply(AdminReply(command: "evict", isDone: true, text: "gone")),
    ]
}
