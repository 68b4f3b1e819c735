internal import Coordination
package import Identities
package import Transport
package import WireProtocol

/// Fetches files of a run's data from its coordinator, over a connection of its own.
package struct ShardFetcher: Sendable {
    private let address: CoordinatorAddress
    private let dataPort: Int
    private let key: KeyFile?

    private static let window = 4 << 20
    private static let stalled = Duration.seconds(5)
    private static let patience = Duration.seconds(300)

    /// A fetcher.
    ///
    /// - Parameters:
    ///   - address: The coordinator.
    ///   - dataPort: The port of its data lane, as the welcome told it.
    ///   - key: The worker's key.
    package init(address: CoordinatorAddress, dataPort: Int, key: KeyFile?) {
        self.address = address
        self.dataPort = dataPort
        self.key = key
    }

    /// Fetches a file; blocks for as long as that takes, also over restarts of the coordinator.
    ///
    /// - Parameters:
    ///   - shard: The file.
    ///   - offset: Bytes that are at hand already.
    ///   - write: Called with the bytes from there on, in order.
    /// - Throws: ``WorkerError/noShard(_:)`` when the coordinator has no such file or is silent for
    ///   five minutes, or what `write` throws.
    package func fetch(
        _ shard: ShardID, from offset: Int, write: ([UInt8]) throws -> Void
    ) throws {
        let nonce = String(UInt64.random(in: .min ... .max), radix: 16)
        let client = try ZeroMQClient(
            connectingTo: address, as: PeerID(bytes: Array("s\(nonce)".utf8)), key: key)
        let inbox = Inbox<ClientEvent>()
        try client.start { inbox.push($0) }
        defer { client.close() }
        client.openData(port: dataPort)
        var received = offset
        var transfer: IncomingTransfer?
        var movedAt = ContinuousClock.now
        var askedAt = movedAt
        func ask() throws {
            askedAt = .now
            transfer = nil
            let want = ShardWant(shard: shard, offset: received, creditBytes: Self.window)
            try client.send(.shardWant(want), epoch: 0, lane: .data)
        }
        while true {
            for event in inbox.take(within: .milliseconds(250)) {
                switch event {
                case .connected(.data): try ask()
                case .keyRefused(let text): throw WorkerError.keyRefused(text)
                case .failed(let text): throw WorkerError.network(text)
                case .received(let message, .data):
                    switch message.message {
                    case .shardPlan(let plan) where plan.shard == shard:
                        guard let total = plan.byteCount, total >= received else {
                            throw WorkerError.noShard(
                                "the coordinator has no data with SHA-256 \(shard)")
                        }
                        transfer = IncomingTransfer(
                            id: plan.transfer, total: total, window: Self.window,
                            received: received)
                        movedAt = .now
                    case .chunk(let chunk) where chunk.transfer == transfer?.id:
                        guard
                            transfer?.accept(offset: chunk.offset, count: chunk.payload.count)
                                == true
                        else { continue }
                        try write(chunk.payload.bytes)
                        received += chunk.payload.count
                        movedAt = .now
                        if let get = transfer?.renewal() {
                            try client.send(.chunkGet(get), epoch: 0, lane: .data)
                        }
                    default: continue
                    }
                case .connected, .disconnected, .received, .malformed: continue
                }
            }
            if transfer?.isComplete == true { return }
            let now = ContinuousClock.now
            if now - movedAt >= Self.patience {
                throw WorkerError.noShard(
                    "\(address) sent nothing of \(shard) for \(Int(Self.patience.inSeconds)) s; "
                        + "is port \(dataPort) open?")
            }
            if now - max(movedAt, askedAt) >= Self.stalled { try ask() }
        }
    }
}
