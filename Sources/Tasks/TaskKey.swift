/// The place of a task in a run: the same key always names the same computation.
package struct TaskKey: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    /// The number of the round within the run, counted from 0 over all phases.
    package let round: UInt64
    /// The position within the round; results are folded in this order.
    package let index: Int

    /// The key of one task.
    package init(round: UInt64, index: Int) {
        self.round = round
        self.index = index
    }

    package static func < (left: TaskKey, right: TaskKey) -> Bool {
        (left.round, left.index) < (right.round, right.index)
    }

    package var description: String { "\(round)/\(index)" }
}
