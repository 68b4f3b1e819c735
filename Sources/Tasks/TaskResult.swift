package import SearchSpaces
package import Tensors

/// What a task yields; fields that the task's kind does not produce are empty.
package struct TaskResult: Hashable, Sendable {
    /// The task.
    package let key: TaskKey
    /// The network that was run; the coordinator samples too and refuses another.
    package let architecture: Architecture
    /// The number of samples in the micro-batch.
    package let sampleCount: Int
    /// The mean loss over the micro-batch.
    package let loss: Double
    /// The logits, `[samples, classes]` in row-major order.
    package let logits: [Float]
    /// The gradient of the mean loss for every touched operator.
    package let gradients: ParameterSet
    /// ⟨dL/dy, y⟩ of every slot, from the input on.
    package let slotProducts: [Float]
    /// Mean and unbiased variance of every batch norm, per operator.
    package let statistics: ParameterSet

    /// A result.
    package init(
        key: TaskKey, architecture: Architecture, sampleCount: Int, loss: Double,
        logits: [Float] = [], gradients: ParameterSet = ParameterSet(),
        slotProducts: [Float] = [], statistics: ParameterSet = ParameterSet()
    ) {
        self.key = key
        self.architecture = architecture
        self.sampleCount = sampleCount
        self.loss = loss
        self.logits = logits
        self.gradients = gradients
        self.slotProducts = slotProducts
        self.statistics = statistics
    }

    /// The result with gradients rounded to a format.
    package func rounded(to format: ExchangeFormat) -> TaskResult {
        guard format != .float32 else { return self }
        return TaskResult(
            key: key, architecture: architecture, sampleCount: sampleCount, loss: loss,
            logits: logits, gradients: gradients.rounded(to: format), slotProducts: slotProducts,
            statistics: statistics)
    }
}
