package import Tensors

/// What an optimiser remembers, per operator and only for operators that were ever updated.
///
/// Laziness is per operator: moments, step counter, bias correction and weight decay of an operator
/// advance only in steps that touched it, so a path that is rarely sampled does not drift.
package struct OptimizerState: Hashable, Sendable {
    /// The memory of one operator.
    package struct Entry: Hashable, Sendable {
        /// The first moment, or SGD's velocity; as long as the parameter block.
        package var first: [Float]
        /// The second moment; empty for SGD.
        package var second: [Float]
        /// How many updates the operator has had.
        package var step: Int

        /// The memory of one operator.
        package init(first: [Float], second: [Float], step: Int) {
            self.first = first
            self.second = second
            self.step = step
        }
    }

    /// The memory by operator.
    package var entries: [OperatorID: Entry]

    /// A state of the given entries; empty at the start of a run.
    package init(_ entries: [OperatorID: Entry] = [:]) {
        self.entries = entries
    }
}
