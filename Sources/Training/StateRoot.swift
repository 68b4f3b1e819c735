import Digests
import Optimizers
import SearchStrategies
import Tensors

/// A digest of everything that a search's state is, chained over all steps.
///
/// The root after a step is SHA-256 of the root before it, the counters, the losses, alpha with its
/// moments, and for every operator that the step changed the SHA-256 of its weights and moments as
/// they are afterwards. An operator that no step touched is covered by the first root. Two runs that
/// print the same root have been through the same states.
package struct StateRoot: Hashable, Sendable, CustomStringConvertible {
    /// The 32 bytes.
    package let bytes: [UInt8]

    /// The root that hexadecimal digits stand for, or `nil`.
    package init?(hexadecimal text: String) {
        let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == 64, text.utf8.count == 64 else { return nil }
        bytes = stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// A place for a root that is about to be worked out.
    init(none: ()) { bytes = [] }

    /// The root of a search that has made no step.
    init(beginning state: SearchState, configuration digest: String) {
        var canonical = RootBytes("voxelnas root 1")
        canonical.append(digest)
        canonical.append(state.alpha.logits)
        for id in state.supernet.parameters.operators {
            canonical.append(id.name)
            canonical.append(leaf: state.supernet.parameters[id] ?? [], nil)
        }
        bytes = canonical.digest
    }

    /// The root after a step.
    ///
    /// - Parameters:
    ///   - update: What the step changed.
    ///   - state: The state afterwards.
    /// - Returns: The root.
    /// - Complexity: One pass of SHA-256 over weights and moments of the operators touched.
    func after(_ update: StepUpdate, _ state: SearchState) -> StateRoot {
        var canonical = RootBytes("voxelnas step 1")
        canonical.append(bytes)
        canonical.append(UInt64(state.step))
        canonical.append(state.round)
        canonical.append(update.alphaLoss.bitPattern)
        canonical.append(update.loss.bitPattern)
        canonical.append(state.alpha.logits)
        let alpha = state.alphaState.entries[SearchState.alphaOperator]
        canonical.append(UInt64(alpha?.step ?? 0))
        canonical.append((alpha?.first ?? []) + (alpha?.second ?? []))
        canonical.append(UInt64(update.poison.count))
        for task in update.poison { canonical.append(UInt64(task.index)) }
        for id in update.gradients.operators {
            canonical.append(id.name)
            let entry = state.supernet.optimizerState.entries[id]
            canonical.append(UInt64(entry?.step ?? 0))
            canonical.append(leaf: state.supernet.parameters[id] ?? [], entry)
        }
        return StateRoot(canonical)
    }

    /// The root after candidates were scored: `rows` are all that the archive was given.
    package func after(candidates rows: [UInt8], step: Int, round: UInt64) -> StateRoot {
        var canonical = RootBytes("voxelnas candidates 1")
        canonical.append(bytes)
        canonical.append(UInt64(step))
        canonical.append(round)
        canonical.append(rows)
        return StateRoot(canonical)
    }

    private init(_ canonical: consuming RootBytes) {
        bytes = canonical.digest
    }

    package var description: String { hexadecimal(bytes) }
}

/// The bytes of a root, hashed as they come: little endian, with a count before every list.
private struct RootBytes: ~Copyable {
    private var hash = SHA256()

    init(_ name: String) { append(name) }

    mutating func append(_ number: UInt64) {
        hash.update((0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) })
    }

    mutating func append(_ bytes: [UInt8]) {
        append(UInt64(bytes.count))
        hash.update(bytes)
    }

    mutating func append(_ text: String) { append(Array(text.utf8)) }

    mutating func append(_ numbers: [Float]) {
        append(UInt64(numbers.count))
        hash.update(numbers)
    }

    mutating func append(leaf weights: [Float], _ entry: OptimizerState.Entry?) {
        var leaf = SHA256()
        leaf.update(weights)
        leaf.update(entry?.first ?? [])
        leaf.update(entry?.second ?? [])
        append(leaf.finalize())
    }

    var digest: [UInt8] {
        consuming get { hash.finalize() }
    }
}
