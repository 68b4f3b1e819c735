import SearchSpaces
import Tasks
import Tensors
import Testing
import WireProtocol

@Suite("The digest of a task's inputs")
struct TaskDigestTests {
    private static let key = TaskKey(round: 5, index: 2)

    private static func task(
        key: TaskKey = key, kind: TaskDescription.Kind = .weightGradient,
        model: String = "supernet",
        network: TaskDescription.Network = .sampled(step: 1, phase: 2, path: 3),
        volumes: String = "search", scans: [Int] = [4, 0], epoch: UInt32 = 3,
        augmented: Bool = true, dropout: Float = 0.25, smoothing: Float = 0.5,
        weights: [Float] = [1, 2], exchange: ExchangeFormat = .float32
    ) -> TaskDescription {
        TaskDescription(
            key: key, kind: kind, model: ModelID(model), network: network,
            batch: .init(volumes: volumes, scans: scans, epoch: epoch, augmented: augmented),
            objective: .init(dropout: dropout, labelSmoothing: smoothing, classWeights: weights),
            exchange: exchange)
    }

    private static func block(
        _ id: String = "stem", _ kind: BlockKind = .parameters, _ values: [Float] = [1, 2]
    ) -> TaskDigest.Block {
        TaskDigest.Block(id: OperatorID(id), kind: kind, values: values)
    }

    @Test("has the bytes that Docs/Protocol.md gives")
    func knownAnswer() {
        // Worked out in Python from the document alone; see Tests/Peers/wire_client.py.
        let digest = TaskDigest(
            of: Self.task(), alpha: [0.5, -1], reading: [Self.block(), Self.block("head")])
        let hex = digest.bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
        #expect(
            hex.joined()
                == "3fded6fc367c5b10410dd92cb8546d05af7dd48ae04c7aaa96bf501d1bd27306")
    }

    @Test("differs when anything that decides the result does")
    func differences() {
        let tasks: [TaskDescription] = [
            Self.task(), Self.task(key: TaskKey(round: 6, index: 2)),
            Self.task(key: TaskKey(round: 5, index: 3)), Self.task(kind: .slotProducts),
            Self.task(model: "retrain-2"),
            Self.task(network: .sampled(step: 2, phase: 2, path: 3)),
            Self.task(network: .sampled(step: 1, phase: 3, path: 3)),
            Self.task(network: .sampled(step: 1, phase: 2, path: 4)),
            Self.task(network: .fixed(Architecture(choices: [1, 2, 3]))),
            Self.task(volumes: "retrain"), Self.task(scans: [0, 4]), Self.task(epoch: 4),
            Self.task(augmented: false), Self.task(dropout: 0.5), Self.task(smoothing: 0.25),
            Self.task(weights: [2, 1]), Self.task(weights: []),
            Self.task(exchange: .bfloat16),
        ]
        let alphas: [[Float]] = [[0.5, -1], [], [0.5], [-1, 0.5]]
        let reads: [[TaskDigest.Block]] = [
            [Self.block()], [], [Self.block("head")], [Self.block("stem", .statistics)],
            [Self.block("stem", .parameters, [2, 1])], [Self.block(), Self.block("head")],
            [Self.block("head"), Self.block()],
        ]
        var digests = tasks.map { TaskDigest(of: $0, alpha: alphas[0], reading: reads[0]) }
        digests += alphas.dropFirst().map {
            TaskDigest(of: tasks[0], alpha: $0, reading: reads[0])
        }
        digests += reads.dropFirst().map {
            TaskDigest(of: tasks[0], alpha: alphas[0], reading: $0)
        }
        #expect(Set(digests).count == tasks.count + alphas.count - 1 + reads.count - 1)
        #expect(digests[0] == TaskDigest(of: tasks[0], alpha: alphas[0], reading: reads[0]))
    }
}
