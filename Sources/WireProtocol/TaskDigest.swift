internal import CProtobufC
internal import CWireBytes
internal import CWireMessages
internal import Digests
internal import SearchSpaces
package import Tasks
package import Tensors

/// SHA-256 of everything that decides a task's result: the task, alpha, and the blocks that it reads.
///
/// Worker and coordinator work it out for themselves, so a result that was computed from anything
/// else — before a restart, from another configuration, from damaged parameters — is told apart
/// although its place in the run is the same. Blocks count by their content, not by their version:
/// a coordinator that starts again may count versions anew and still reach the same bits.
///
/// Docs/Protocol.md gives the bytes that are hashed.
package struct TaskDigest: Hashable, Sendable, CustomStringConvertible {
    /// The length of a digest.
    package static let byteCount = 32

    /// The digest.
    package let bytes: [UInt8]

    /// A block that a task reads.
    package struct Block: Hashable, Sendable {
        /// The operator.
        package let id: OperatorID
        /// Parameters or statistics.
        package let kind: BlockKind
        /// The number of floats.
        package let count: Int
        /// CRC-32C of the floats.
        package let checksum: UInt32

        /// What is hashed of a block.
        ///
        /// - Complexity: One pass over the bytes, about a millisecond for 11 MB.
        package init(id: OperatorID, kind: BlockKind, values: [Float]) {
            self.id = id
            self.kind = kind
            count = values.count
            checksum = unsafe values.withUnsafeBytes {
                unsafe voxelnas_crc32c(0, $0.baseAddress, $0.count)
            }
        }
    }

    /// The digest of a task.
    ///
    /// - Parameters:
    ///   - task: The task.
    ///   - alpha: The architecture logits of its round.
    ///   - blocks: What it reads, rounded as it reads it: operators, then statistics, each in sum
    ///     order.
    package init(of task: TaskDescription, alpha: [Float], reading blocks: [Block]) {
        var canonical = CanonicalBytes()
        canonical.append(text: "voxelnas task 2")
        canonical.append(task)
        canonical.append(list: alpha.map(\.bitPattern))
        canonical.append(UInt32(clamping: blocks.count))
        for block in blocks {
            canonical.append(text: block.id.name)
            canonical.append(block.kind.rawValue)
            canonical.append(UInt32(clamping: block.count))
            canonical.append(block.checksum)
        }
        var hash = SHA256()
        hash.update(canonical.bytes)
        bytes = hash.finalize()
    }

    init(field: ProtobufCBinaryData) throws(WireError) {
        guard unsafe field.len == Self.byteCount, let start = unsafe field.data else {
            throw unsafe .invalidField(
                "digest of the inputs", found: "\(field.len) bytes", allowed: "\(Self.byteCount)")
        }
        bytes = unsafe Array(UnsafeBufferPointer(start: start, count: Self.byteCount))
    }

    func field(in arena: PackingArena) -> ProtobufCBinaryData {
        unsafe ProtobufCBinaryData(len: bytes.count, data: arena.array(bytes))
    }

    /// The first digits.
    package var description: String { hexadecimal(Array(bytes.prefix(6))) }
}

/// The bytes that a digest is taken of: little endian, with a count before every text and list.
private struct CanonicalBytes {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ number: some FixedWidthInteger) {
        for shift in stride(from: 0, to: number.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    mutating func append(text: String) {
        append(UInt32(clamping: text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func append(list: [UInt32]) {
        append(UInt32(clamping: list.count))
        for number in list { append(number) }
    }

    mutating func append(_ task: TaskDescription) {
        append(task.key.round)
        append(UInt32(clamping: task.key.index))
        append(UInt32(task.kind.rawValue))
        append(text: task.model.name)
        switch task.network {
        case .sampled(let step, let phase, let path):
            append(1 as UInt32)
            append(list: [step, phase, path])
        case .fixed(let architecture):
            append(2 as UInt32)
            append(list: architecture.choices.map(UInt32.init(clamping:)))
        }
        append(text: task.batch.volumes)
        append(list: task.batch.scans.map(UInt32.init(clamping:)))
        append(task.batch.epoch)
        append((task.batch.augmented ? 1 : 0) as UInt32)
        append(task.objective.dropout.bitPattern)
        append(task.objective.labelSmoothing.bitPattern)
        append(list: task.objective.classWeights.map(\.bitPattern))
        append(task.exchange.number)
    }
}
