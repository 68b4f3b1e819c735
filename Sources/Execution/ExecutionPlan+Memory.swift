internal import Graphs
internal import Tensors

extension ExecutionPlan {
    /// What a training step holds, in bytes.
    ///
    /// The arena, the input, and the path's parameters, gradients and statistics; the program itself
    /// comes on top.
    package var stepBytes: Int {
        let perOperator = graph.operators.reduce(0) {
            $0 + 2 * $1.parameterCount + $1.statisticsCount
        }
        return peakBytes + MemoryLayout<Float>.size * (inputCount + perOperator)
    }
}
