import Execution
import Graphs
import SearchSpaces
import Tasks
import Tensors

extension Executor {
    /// Runs the passes that a task wants.
    ///
    /// - Parameters:
    ///   - task: The task.
    ///   - architecture: Its network.
    ///   - graph: The network as a graph.
    ///   - parameters: The weights of the network's operators.
    ///   - statistics: Their batch-norm statistics, for predictions.
    ///   - input: `[samples, D, H, W, 1]`.
    ///   - labels: The class of every sample.
    ///   - seed: The run's seed, which keys dropout with the task's place in the run.
    /// - Returns: The task's result.
    /// - Throws: `ExecutionError` when a block is missing or has the wrong size.
    func result(
        of task: TaskDescription, architecture: Architecture, graph: Graph,
        parameters: ParameterSet, statistics: ParameterSet, input: [Float], labels: [Int],
        seed: UInt64
    ) throws -> TaskResult {
        let samples = labels.count
        switch task.kind {
        case .weightGradient, .slotProducts:
            let loss = LossConfiguration(
                labelSmoothing: Double(task.objective.labelSmoothing),
                classWeights: task.objective.classWeights.isEmpty
                    ? nil : task.objective.classWeights.map(Double.init))
            let stream = RandomStream(
                seed: seed, name: "dropout/\(task.model)",
                counters: UInt32(truncatingIfNeeded: task.key.round), UInt32(task.key.index))
            let dropout =
                task.objective.dropout > 0
                ? Dropout(rate: Double(task.objective.dropout), stream: stream) : nil
            let step = try trainingStep(
                ExecutionPlan(graph: graph, batch: samples, mode: .training),
                parameters: parameters, input: input, labels: labels, loss: loss, dropout: dropout,
                wanted: task.kind == .weightGradient ? .gradients : .slotProducts)
            // The search keeps no running statistics, so only a given network's travel back.
            var keepsStatistics = task.kind == .weightGradient
            if case .sampled = task.network { keepsStatistics = false }
            return TaskResult(
                key: task.key, architecture: architecture, sampleCount: samples, loss: step.loss,
                logits: step.logits.elements, gradients: step.gradients ?? ParameterSet(),
                slotProducts: step.slotProducts,
                statistics: keepsStatistics ? step.statistics : ParameterSet())
        case .statistics:
            let moments = try self.statistics(
                ExecutionPlan(graph: graph, batch: samples, mode: .statistics),
                parameters: parameters, input: input)
            return TaskResult(
                key: task.key, architecture: architecture, sampleCount: samples, loss: 0,
                statistics: moments)
        case .predictions:
            let prediction = try predict(
                ExecutionPlan(graph: graph, batch: samples, mode: .inference),
                parameters: parameters, statistics: statistics, input: input)
            return TaskResult(
                key: task.key, architecture: architecture, sampleCount: samples, loss: 0,
                logits: prediction.logits.elements)
        }
    }
}
