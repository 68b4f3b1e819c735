package import Tasks
import Tensors

/// An endless sequence of scans: one random order of the members after another.
///
/// A short last batch is thereby filled from the next order, and every position is a function of
/// the seed alone.
package struct SampleStream: Sendable {
    /// The scans that are drawn from.
    package let members: [Int]
    private let seed: UInt64
    private let name: String

    /// A stream over some scans.
    ///
    /// - Parameters:
    ///   - name: What the samples are for; streams of other names are independent.
    ///   - seed: The run's seed.
    ///   - members: Indices of scans.
    package init(name: String, seed: UInt64, members: [Int]) {
        precondition(!members.isEmpty, "a stream needs scans")
        self.name = name
        self.seed = seed
        self.members = members
    }

    /// The scans at positions `start ..< start + count`, and the number of the order that the first
    /// belongs to.
    package func scans(from start: Int, count: Int) -> (scans: [Int], order: Int) {
        var scans: [Int] = []
        var position = start
        while scans.count < count {
            let order = position / members.count
            var stream = RandomStream(seed: seed, name: "order/\(name)", counters: UInt32(order))
            let permutation = stream.permutation(of: members.count)
            let offset = position % members.count
            let taken = min(count - scans.count, members.count - offset)
            scans += permutation[offset..<(offset + taken)].map { members[$0] }
            position += taken
        }
        return (scans, start / members.count)
    }

    /// The micro-batch of a task.
    ///
    /// - Parameters:
    ///   - volumes: The prepared set of volumes.
    ///   - start: The position in the stream.
    ///   - count: The number of samples.
    ///   - augmented: Whether random slices and flips apply.
    /// - Returns: The micro-batch.
    package func batch(
        volumes: String, from start: Int, count: Int, augmented: Bool
    ) -> TaskDescription.Batch {
        let (scans, order) = scans(from: start, count: count)
        return .init(volumes: volumes, scans: scans, epoch: UInt32(order), augmented: augmented)
    }
}
