internal import CKernels
internal import Graphs
package import Tensors

/// Runs plans on threads of its own, in memory of its own.
///
/// An executor is not to be called from two threads at a time. Results have the same bits for any
/// number of threads: every output element is computed by one thread, and sums over the batch are
/// taken in a fixed number of parts, added in order.
package final class Executor {
    /// The threads that compute, the caller included.
    package let threads: Int
    private let pool: ComputePool
    private let arena = Arena()

    /// An executor with its own threads.
    ///
    /// - Parameters:
    ///   - threads: How many threads compute, the caller included.
    ///   - group: Which share of the processors they are pinned to.
    package init(threads: Int, group: Int = 0) {
        self.threads = threads
        pool = ComputePool(threads: threads, group: group)
        vn_keep_freed_memory()
    }

    /// One forward and backward pass with batch statistics.
    ///
    /// - Parameters:
    ///   - plan: A plan in mode `.training`.
    ///   - parameters: A block for every operator of the plan's graph.
    ///   - input: The volumes, `[N, D, H, W, C]`.
    ///   - labels: The class of each sample.
    ///   - loss: The loss.
    ///   - dropout: Dropout before the classifier, or `nil`.
    ///   - wanted: What to compute besides the loss; without `.gradients` the work on parameter
    ///     gradients, a third of the step, is left out.
    /// - Returns: Loss, logits and what was wanted.
    /// - Throws: ``ExecutionError`` if parameters, input or labels do not fit the plan.
    package func trainingStep(
        _ plan: ExecutionPlan, parameters: ParameterSet, input: UnsafeBufferPointer<Float>,
        labels: [Int], loss: LossConfiguration = LossConfiguration(), dropout: Dropout? = nil,
        wanted: StepOutputs = .gradients
    ) throws(ExecutionError) -> StepResult {
        precondition(plan.mode == .training, "the plan is not for training")
        let graph = plan.graph
        guard labels.count == plan.batch, labels.allSatisfy((0..<graph.classes).contains) else {
            throw .wrongLabels(labels, samples: plan.batch, classes: graph.classes)
        }
        let blocks = try parameterBlocks(plan, parameters)
        let source = unsafe try inputPointer(plan, input)
        let gradientCounts =
            wanted.contains(.gradients) ? graph.operators.map(\.parameterCount) : []
        var slotProducts = Array(
            repeating: Float(0), count: wanted.contains(.slotProducts) ? graph.slotCount : 0)
        var lossValue = 0.0
        var logits: [Float] = []
        let statistics = unsafe ParameterBlocks.withPointers(blocks) { parameterPointers in
            unsafe ParameterBlocks.make(counts: graph.operators.map(\.statisticsCount)) {
                statisticsPointers in
                unsafe ParameterBlocks.make(counts: gradientCounts) { gradientPointers in
                    let run = unsafe PlanRun(
                        plan: plan, pool: pool, arena: arena.floats(plan.peakBytes / 4),
                        input: source, parameters: parameterPointers, recorded: [],
                        statistics: statisticsPointers, gradients: gradientPointers)
                    pool.pinned {
                        run.forward(dropout: dropout)
                        logits = run.floats(plan.logits, plan.batch * graph.classes)
                        lossValue = run.backward(
                            labels: labels, loss: loss, wanted: wanted, dropsOut: dropout != nil,
                            slotProducts: &slotProducts)
                    }
                }
            }
        }
        return StepResult(
            loss: lossValue,
            logits: Tensor(shape: [plan.batch, graph.classes], elements: logits),
            gradients: wanted.contains(.gradients)
                ? Self.set(graph.operators, statistics.result.blocks) : nil,
            slotProducts: slotProducts,
            statistics: Self.set(graph.operators, statistics.blocks))
    }

    /// The batch statistics of one forward pass.
    ///
    /// - Parameters:
    ///   - plan: A plan in mode `.statistics`.
    ///   - parameters: A block for every operator of the plan's graph.
    ///   - input: The volumes, `[N, D, H, W, C]`.
    /// - Returns: Per operator with batch norms, mean and unbiased variance of each.
    /// - Throws: ``ExecutionError`` if parameters or input do not fit the plan.
    package func statistics(
        _ plan: ExecutionPlan, parameters: ParameterSet, input: UnsafeBufferPointer<Float>
    ) throws(ExecutionError) -> ParameterSet {
        precondition(plan.mode == .statistics, "the plan is not for statistics")
        let graph = plan.graph
        let blocks = try parameterBlocks(plan, parameters)
        let source = unsafe try inputPointer(plan, input)
        let statistics = unsafe ParameterBlocks.withPointers(blocks) { parameterPointers in
            unsafe ParameterBlocks.make(counts: graph.operators.map(\.statisticsCount)) {
                statisticsPointers in
                let run = unsafe PlanRun(
                    plan: plan, pool: pool, arena: arena.floats(plan.peakBytes / 4),
                    input: source, parameters: parameterPointers, recorded: [],
                    statistics: statisticsPointers, gradients: [])
                pool.pinned { run.forward(dropout: nil) }
            }
        }
        return Self.set(graph.operators, statistics.blocks)
    }

    /// The logits of a batch with recorded statistics, and the feature maps if wanted.
    ///
    /// - Parameters:
    ///   - plan: A plan in mode `.inference`.
    ///   - parameters: A block for every operator of the plan's graph.
    ///   - statistics: Mean and variance of every batch norm.
    ///   - input: The volumes, `[N, D, H, W, C]`.
    ///   - wantsFeatures: Whether to copy out the maps before the average, for class activation.
    /// - Returns: Logits `[N, classes]`; feature maps `[N, d, h, w, F]`.
    /// - Throws: ``ExecutionError`` if parameters, statistics or input do not fit the plan.
    package func predict(
        _ plan: ExecutionPlan, parameters: ParameterSet, statistics: ParameterSet,
        input: UnsafeBufferPointer<Float>, wantsFeatures: Bool = false
    ) throws(ExecutionError) -> Prediction {
        precondition(plan.mode == .inference, "the plan is not for inference")
        let graph = plan.graph
        let blocks = try parameterBlocks(plan, parameters)
        var recorded: [[Float]] = []
        for layout in graph.operators {
            if layout.statisticsCount == 0 {
                recorded.append([0])
            } else if let block = statistics[layout.id] {
                guard block.count == layout.statisticsCount else {
                    throw .wrongParameterCount(
                        layout.id, expected: layout.statisticsCount, found: block.count)
                }
                recorded.append(block)
            } else {
                throw .missingStatistics(layout.id)
            }
        }
        let source = unsafe try inputPointer(plan, input)
        return unsafe ParameterBlocks.withPointers(blocks) { parameterPointers in
            unsafe ParameterBlocks.withPointers(recorded) { recordedPointers in
                let run = unsafe PlanRun(
                    plan: plan, pool: pool, arena: arena.floats(plan.peakBytes / 4),
                    input: source, parameters: parameterPointers, recorded: recordedPointers,
                    statistics: [], gradients: [])
                pool.pinned { run.forward(dropout: nil) }
                let logits = Tensor(
                    shape: [plan.batch, graph.classes],
                    elements: run.floats(plan.logits, plan.batch * graph.classes))
                guard wantsFeatures, let features = plan.features else {
                    return Prediction(logits: logits, features: nil)
                }
                let node = graph.nodes[graph.features]
                return Prediction(
                    logits: logits,
                    features: Tensor(
                        shape: [
                            plan.batch, node.size.depth, node.size.height, node.size.width,
                            node.channels,
                        ], elements: run.floats(features, plan.batch * node.count)))
            }
        }
    }

    private func parameterBlocks(
        _ plan: ExecutionPlan, _ parameters: ParameterSet
    ) throws(ExecutionError) -> [[Float]] {
        var blocks: [[Float]] = []
        for layout in plan.graph.operators {
            guard let block = parameters[layout.id] else { throw .missingParameters(layout.id) }
            guard block.count == layout.parameterCount else {
                throw .wrongParameterCount(
                    layout.id, expected: layout.parameterCount, found: block.count)
            }
            blocks.append(block)
        }
        return blocks
    }

    private func inputPointer(
        _ plan: ExecutionPlan, _ input: UnsafeBufferPointer<Float>
    ) throws(ExecutionError) -> UnsafePointer<Float> {
        guard input.count == plan.inputCount, let base = input.baseAddress else {
            throw .wrongInputCount(expected: plan.inputCount, found: input.count)
        }
        return unsafe base
    }

    /// The blocks by operator; operators without any are absent.
    private static func set(_ operators: [OperatorLayout], _ blocks: [[Float]]) -> ParameterSet {
        var set = ParameterSet()
        for (layout, block) in zip(operators, blocks) where !block.isEmpty {
            set[layout.id] = block
        }
        return set
    }
}

/// What an inference gives.
package struct Prediction: Sendable {
    /// The logits, `[N, classes]`.
    package let logits: Tensor
    /// The feature maps before the average, after their ReLU6, `[N, d, h, w, F]`.
    package let features: Tensor?
}
