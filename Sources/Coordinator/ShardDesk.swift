internal import Coordination
internal import Dispatch
internal import Foundation
internal import Synchronization
internal import Transport
package import WireProtocol

/// The files of a run's data that workers may fetch, by the SHA-256 of their bytes.
package struct ShardCatalogue: Hashable, Sendable {
    /// The paths on this machine; they never travel.
    package let paths: [ShardID: String]

    /// A catalogue of files.
    package init(paths: [ShardID: String]) {
        self.paths = paths
    }
}

/// Sends files to workers, in chunks and by credit, on a thread of its own: a cold disk must not make
/// the coordinator look dead.
final class ShardDesk: Sendable {
    private struct Serving {
        let shard: ShardID
        let transfer: OutgoingTransfer
    }
    private struct State {
        var servings: [UInt64: (peer: PeerID, serving: Serving)] = [:]
        var order: [UInt64] = []
        var next: UInt64 = 1 << 63
        var waiting = 0
    }

    private let catalogue: ShardCatalogue
    private let channel: any ServerChannel
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "voxelnas-shards")

    /// Transfers at a time; the oldest is forgotten for a new one, and its worker asks again.
    private static let limit = 1024
    /// Requests that may wait for the disk.
    private static let waitingLimit = 256

    init(_ catalogue: ShardCatalogue, channel: any ServerChannel) {
        self.catalogue = catalogue
        self.channel = channel
    }

    /// Takes a message about files.
    ///
    /// - Returns: False when it is about something else.
    func take(_ message: Message, from peer: PeerID) -> Bool {
        switch message {
        case .shardWant(let want):
            plan(want, from: peer)
            return true
        case .chunkGet(let get):
            let entry = state.withLock { $0.servings[get.transfer] }
            guard let entry else { return get.transfer >= 1 << 63 }
            if entry.peer == peer {
                read(entry.serving, offset: get.offset, length: get.length, to: peer)
            }
            return true
        default: return false
        }
    }

    private func plan(_ want: ShardWant, from peer: PeerID) {
        guard let path = catalogue.paths[want.shard],
            let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size]
                as? NSNumber
        else {
            let plan = ShardPlan(shard: want.shard, transfer: 0, byteCount: nil)
            return send(.shardPlan(plan), to: peer)
        }
        let (id, serving) = state.withLock { state -> (UInt64, Serving) in
            state.next += 1
            let serving = Serving(
                shard: want.shard,
                transfer: OutgoingTransfer(id: state.next, total: size.intValue))
            state.servings[state.next] = (peer, serving)
            state.order.append(state.next)
            if state.order.count > Self.limit {
                state.servings[state.order.removeFirst()] = nil
            }
            return (state.next, serving)
        }
        let plan = ShardPlan(shard: want.shard, transfer: id, byteCount: size.intValue)
        send(.shardPlan(plan), to: peer)
        read(serving, offset: want.offset, length: want.creditBytes, to: peer)
    }

    private func read(_ serving: Serving, offset: Int, length: Int, to peer: PeerID) {
        // Half of the largest credit, whoever asks: what is read waits in memory.
        let ranges = serving.transfer.chunks(
            offset: offset, length: min(length, WireLimits.creditBytes / 8))
        guard !ranges.isEmpty, let path = catalogue.paths[serving.shard] else { return }
        let mayWait = state.withLock { state in
            guard state.waiting < Self.waitingLimit else { return false }
            state.waiting += 1
            return true
        }
        guard mayWait else { return }  // The worker asks again.
        queue.async { [self] in
            defer { state.withLock { $0.waiting -= 1 } }
            guard let file = FileHandle(forReadingAtPath: path) else { return }
            defer { try? file.close() }
            for range in ranges {
                guard (try? file.seek(toOffset: UInt64(range.lowerBound))) != nil,
                    let data = try? file.read(upToCount: range.count), data.count == range.count
                else { return }
                let chunk = Chunk(
                    transfer: serving.transfer.id, offset: range.lowerBound,
                    payload: .bytes(Array(data)))
                send(.chunk(chunk), to: peer)
            }
        }
    }

    private func send(_ message: Message, to peer: PeerID) {
        // Of any incarnation: what a file holds does not depend on one.
        try? channel.send(message, epoch: 0, to: peer, lane: .data)
    }
}
