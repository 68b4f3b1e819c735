import SearchSpaces
package import SearchStrategies
package import Tasks

/// What one step of the search sampled and measured: enough to replay alpha elsewhere.
package struct StepTrace: Encodable, Hashable, Sendable {
    /// One phase of the step.
    package struct PhaseTrace: Encodable, Hashable, Sendable {
        /// The chosen operation of every slot, per path.
        package let choices: [[Int]]
        /// The Gumbel noise, per path, `[slots, operations]` in row-major order.
        package let noise: [[Double]]
        /// Samples of each task.
        package let sampleCounts: [Int]
        /// ⟨dL/dy, y⟩ of every slot, per task; empty for the weights' phase.
        package let slotProducts: [[Float]]
        /// The mean loss.
        package let loss: Double

        /// A phase's record.
        package init(paths: [SampledPath], results: [TaskResult], loss: Double) {
            choices = paths.map(\.architecture.choices)
            noise = paths.map(\.noise)
            sampleCounts = results.map(\.sampleCount)
            slotProducts = results.map(\.slotProducts)
            self.loss = loss
        }
    }

    /// The step, from 0.
    package let step: Int
    /// The temperature.
    package let temperature: Double
    /// Alpha's phase; absent where alpha does not learn.
    package var alphaPhase: PhaseTrace?
    /// The weights' phase.
    package var weightPhase: PhaseTrace?
    /// Alpha's logits after the step, in row-major order.
    package var alphaAfter: [Float] = []

    /// An empty record of a step.
    package init(step: Int, temperature: Double) {
        self.step = step
        self.temperature = temperature
    }
}
