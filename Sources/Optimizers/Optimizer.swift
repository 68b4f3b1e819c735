package import Tensors

/// A rule that moves parameters against their gradients.
package protocol Optimizer: Sendable {
    /// Updates the operators that have a gradient; others are left alone.
    ///
    /// - Parameters:
    ///   - parameters: What to move; it has every operator of `gradients`.
    ///   - gradients: The gradients, in the layout of the parameters.
    ///   - state: What the optimiser remembers; entries are made on first use.
    ///   - learningRate: The size of the step.
    ///   - gradientScale: A factor on every gradient, such as that of ``GradientClipping``.
    func update(
        parameters: inout ParameterSet, gradients: ParameterSet, state: inout OptimizerState,
        learningRate: Double, gradientScale: Float)
}

extension Optimizer {
    /// Updates the operators that have a gradient, which is taken as it is.
    ///
    /// - Parameters:
    ///   - parameters: What to move.
    ///   - gradients: The gradients, in the layout of the parameters.
    ///   - state: What the optimiser remembers.
    ///   - learningRate: The size of the step.
    package func update(
        parameters: inout ParameterSet, gradients: ParameterSet, state: inout OptimizerState,
        learningRate: Double
    ) {
        update(
            parameters: &parameters, gradients: gradients, state: &state,
            learningRate: learningRate, gradientScale: 1)
    }
}

/// Calls `body` with each operator that has a gradient, its parameters and its memory, in place.
func forEachUpdated(
    _ parameters: inout ParameterSet, _ gradients: ParameterSet, _ state: inout OptimizerState,
    needsSecond: Bool, _ body: (inout [Float], [Float], inout OptimizerState.Entry) -> Void
) {
    for (id, gradient) in gradients.blocks {
        guard var block = parameters.blocks.removeValue(forKey: id), block.count == gradient.count
        else { preconditionFailure("gradient and parameters of operator \(id) disagree") }
        var entry =
            state.entries.removeValue(forKey: id)
            ?? OptimizerState.Entry(
                first: Array(repeating: 0, count: block.count),
                second: needsSecond ? Array(repeating: 0, count: block.count) : [], step: 0)
        precondition(
            entry.first.count == block.count, "the state of operator \(id) has another size")
        entry.step += 1
        body(&block, gradient, &entry)
        parameters.blocks[id] = block
        state.entries[id] = entry
    }
}
