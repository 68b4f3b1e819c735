internal import Dispatch
internal import FoundationEssentials
internal import Synchronization

/// The scans of all shards, handed to threads one after the other.
///
/// A thread that packs the last scan of a shard writes the shard while others go on with the next,
/// so no core waits for a disk or a straggler. Which thread does what changes no byte.
final class PackingWork: Sendable {
    private struct State {
        var next = 0
        var packed: [[Int: PackedScan]]
        var records: [ShardRecord?]
        var failures: [Int: ShardError] = [:]
        var done = 0
    }

    private let shards: [PackingShard]
    private let total: Int
    private let progress: @Sendable (ShardPacker.Progress) -> Void
    private let state: Mutex<State>
    /// Every scan by shard and position, in order.
    private let order: [(shard: Int, position: Int)]

    init(_ shards: [PackingShard], progress: @escaping @Sendable (ShardPacker.Progress) -> Void) {
        self.shards = shards
        self.progress = progress
        order = shards.enumerated().flatMap { shard in
            shard.element.scans.indices.map { (shard.offset, $0) }
        }
        total = order.count
        state = Mutex(
            State(
                packed: Array(repeating: [:], count: shards.count),
                records: Array(repeating: nil, count: shards.count)))
    }

    /// Packs everything that is not there already.
    ///
    /// - Returns: The records of all shards.
    /// - Throws: The failure of the first scan in order that failed; finished shards stay.
    func run(threads: Int?) throws(ShardError) -> [ShardRecord] {
        for (number, shard) in shards.enumerated() {
            guard let record = shard.kept() else { continue }
            state.withLock { $0.records[number] = record }
            report(shard.scans.count, nil)
        }
        let count = max(1, threads ?? ProcessInfo.processInfo.activeProcessorCount)
        DispatchQueue.concurrentPerform(iterations: count) { _ in
            while let (shard, position) = take() { work(shard, position) }
        }
        let (records, failures) = state.withLock { ($0.records, $0.failures) }
        if let first = failures.keys.min(), let failure = failures[first] { throw failure }
        return records.compactMap { $0 }
    }

    private func take() -> (Int, Int)? {
        state.withLock { state in
            while state.failures.isEmpty, state.next < order.count {
                let item = order[state.next]
                state.next += 1
                if state.records[item.shard] == nil { return (item.shard, item.position) }
            }
            return nil
        }
    }

    private func work(_ shard: Int, _ position: Int) {
        do throws(ShardError) {
            let scan = try shards[shard].pack(position)
            let finished: [PackedScan]? = state.withLock { state in
                state.packed[shard][position] = scan
                guard state.packed[shard].count == shards[shard].scans.count else { return nil }
                let all = state.packed[shard].sorted { $0.key < $1.key }.map(\.value)
                state.packed[shard] = [:]
                return all
            }
            report(1, shards[shard].scans[position].id)
            guard let finished else { return }
            let record = try shards[shard].write(finished)
            state.withLock { $0.records[shard] = record }
        } catch {
            state.withLock { state in
                state.failures[shard * ShardPacker.scansPerShard + position] = error
            }
        }
    }

    private func report(_ count: Int, _ scan: String?) {
        // Inside the lock: never twice at once, and never backwards.
        state.withLock { state in
            state.done += count
            progress(.init(done: state.done, total: total, scan: scan))
        }
    }
}
