/// A piece of the arena, named before its place is known.
struct Buffer: Hashable, Sendable {
    let index: Int
}

/// Gives every buffer a place in one arena; buffers whose lifetimes do not meet may share memory.
struct BufferPlanner {
    private struct Use {
        let count: Int
        var first: Int
        var last: Int
    }

    /// Buffers start at multiples of this many floats: a cache line.
    static let alignment = 16

    private var uses: [Use] = []

    /// Names a buffer of `count` floats; it lives from its first to its last ``touch(_:at:)``.
    mutating func buffer(_ count: Int) -> Buffer {
        let padded = (count + Self.alignment - 1) / Self.alignment * Self.alignment
        uses.append(Use(count: padded, first: .max, last: -1))
        return Buffer(index: uses.count - 1)
    }

    /// Notes that the instruction at `time` uses the buffer.
    mutating func touch(_ buffer: Buffer, at time: Int) {
        uses[buffer.index].first = min(uses[buffer.index].first, time)
        uses[buffer.index].last = max(uses[buffer.index].last, time)
    }

    /// Places the largest first, each at the lowest offset that is free for its whole life.
    ///
    /// - Returns: The offset of each buffer, and the size of the arena, in floats.
    func place() -> (offsets: [Int], total: Int) {
        var offsets = Array(repeating: 0, count: uses.count)
        var placed: [(offset: Int, end: Int, first: Int, last: Int)] = []
        var total = 0
        let order = uses.indices.sorted {
            (uses[$1].count, uses[$0].first, $0) < (uses[$0].count, uses[$1].first, $1)
        }
        for index in order where uses[index].last >= 0 {
            let use = uses[index]
            var offset = 0
            // `placed` is sorted by offset.
            for other in placed where other.last >= use.first && other.first <= use.last {
                if offset + use.count <= other.offset { break }
                offset = max(offset, other.end)
            }
            offsets[index] = offset
            let entry = (offset, offset + use.count, use.first, use.last)
            let position = placed.firstIndex { $0.offset > offset } ?? placed.count
            placed.insert(entry, at: position)
            total = max(total, offset + use.count)
        }
        return (offsets, total)
    }
}
