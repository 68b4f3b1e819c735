internal import CWireBytes

/// Blocks of float32 read as one run of bytes, the way that a transfer carries them.
package struct OutgoingBlocks: Sendable {
    /// The blocks, in the order of the transfer.
    package let blocks: [[Float]]
    /// Where each block starts, in bytes, and where the last one ends.
    private let starts: [Int]

    /// Blocks in the order of the transfer.
    package init(_ blocks: [[Float]]) {
        self.blocks = blocks
        starts = blocks.reduce(into: [0]) { $0.append($0[$0.count - 1] + 4 * $1.count) }
    }

    /// The number of bytes over all blocks.
    package var byteCount: Int { starts[starts.count - 1] }

    /// A copy of some of the bytes.
    ///
    /// - Precondition: The range lies within the blocks.
    package func payload(_ range: Range<Int>) -> Payload {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "range out of bounds")
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: range.count) { target, written in
            var index = blockIndex(at: range.lowerBound)
            var position = range.lowerBound
            while position < range.upperBound {
                let end = min(range.upperBound, starts[index + 1])
                unsafe blocks[index].withUnsafeBytes { source in
                    let part = unsafe UnsafeRawBufferPointer(
                        rebasing: source[(position - starts[index])..<(end - starts[index])])
                    unsafe UnsafeMutableRawBufferPointer(
                        rebasing: UnsafeMutableRawBufferPointer(target)[written...]
                    ).copyMemory(from: part)
                    written += part.count
                }
                position = end
                index += 1
            }
        }
        return .bytes(bytes)
    }

    /// CRC-32C over all bytes: equal results have equal digests.
    package var digest: UInt32 {
        blocks.reduce(0) { crc, block in
            unsafe block.withUnsafeBytes {
                unsafe voxelnas_crc32c(crc, $0.baseAddress, $0.count)
            }
        }
    }

    private func blockIndex(at position: Int) -> Int {
        // The last start not beyond the position: empty blocks share a start, so take the last.
        var low = 0
        var high = blocks.count
        while low + 1 < high {
            let middle = (low + high) / 2
            if starts[middle] <= position { low = middle } else { high = middle }
        }
        return low
    }
}

/// Blocks of float32 that fill up as the bytes of a transfer arrive.
package struct IncomingBlocks: Sendable {
    /// The blocks, in the order of the transfer; zero where nothing has arrived.
    package private(set) var blocks: [[Float]]
    private let starts: [Int]

    /// Blocks of the given numbers of floats.
    package init(counts: [Int]) {
        blocks = counts.map { [Float](repeating: 0, count: $0) }
        starts = counts.reduce(into: [0]) { $0.append($0[$0.count - 1] + 4 * $1) }
    }

    /// The number of bytes over all blocks.
    package var byteCount: Int { starts[starts.count - 1] }

    /// Copies bytes into place.
    ///
    /// - Returns: Whether they lie within the blocks; nothing is copied otherwise.
    package mutating func write(_ payload: Payload, at offset: Int) -> Bool {
        let count = payload.count
        guard offset >= 0, count <= byteCount, offset <= byteCount - count else { return false }
        var index = starts.dropLast().lastIndex { $0 <= offset } ?? 0
        unsafe payload.withUnsafeBytes { source in
            var read = 0
            while read < count {
                let start = offset + read - starts[index]
                let length = min(count - read, starts[index + 1] - starts[index] - start)
                if length > 0 {
                    unsafe blocks[index].withUnsafeMutableBytes { target in
                        let part = unsafe UnsafeRawBufferPointer(
                            rebasing: source[read..<(read + length)])
                        unsafe UnsafeMutableRawBufferPointer(rebasing: target[start...])
                            .copyMemory(from: part)
                    }
                    read += length
                }
                index += 1
            }
        }
        return true
    }

    /// The first block that holds an infinite or undefined number, or `nil`.
    ///
    /// - Complexity: One pass over the bits, about a millisecond for 11 MB.
    package var firstNonFiniteBlock: Int? {
        blocks.firstIndex { unsafe voxelnas_all_finite($0, $0.count) == 0 }
    }
}
