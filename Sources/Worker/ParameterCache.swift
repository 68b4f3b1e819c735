internal import Tasks
internal import Tensors
internal import WireProtocol

/// Blocks that the worker has seen, so that only changed operators travel.
struct ParameterCache {
    /// A block's place.
    struct Address: Hashable {
        let model: ModelID
        let kind: BlockKind
        let id: OperatorID
    }
    /// A block and its version.
    struct Entry {
        let version: UInt64
        let block: [Float]
        var usedAt: UInt64
    }

    private var entries: [Address: Entry] = [:]
    private var bytes = 0
    private var uses: UInt64 = 0
    private let limit: Int

    /// An empty cache of at most the given number of bytes.
    init(limit: Int) {
        self.limit = limit
    }

    /// The block at an address; counts as use.
    mutating func entry(_ address: Address) -> Entry? {
        uses += 1
        entries[address]?.usedAt = uses
        return entries[address]
    }

    /// Keeps a block, and gives up the ones that were not used for the longest time.
    mutating func insert(_ block: [Float], version: UInt64, at address: Address) {
        uses += 1
        bytes += 4 * block.count - 4 * (entries[address]?.block.count ?? 0)
        entries[address] = Entry(version: version, block: block, usedAt: uses)
        while bytes > limit, let oldest = entries.min(by: { $0.value.usedAt < $1.value.usedAt }) {
            bytes -= 4 * oldest.value.block.count
            entries[oldest.key] = nil
        }
    }

    /// Forgets everything.
    mutating func clear() {
        entries = [:]
        bytes = 0
    }
}
