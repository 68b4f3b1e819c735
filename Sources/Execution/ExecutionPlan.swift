package import Graphs
internal import Tensors

/// How a network is to be run.
package enum ExecutionMode: Hashable, Sendable {
    /// Forward with batch statistics, loss and backward.
    case training
    /// Forward with recorded statistics.
    case inference
    /// Forward with batch statistics, for the statistics alone.
    case statistics
}

/// The instructions that run a graph, and the place of every intermediate result in one arena.
///
/// Building one takes a fraction of a millisecond and no memory to speak of, so that a plan per
/// sampled path costs nothing and ``peakBytes`` is known before anything runs.
package struct ExecutionPlan: Sendable {
    /// The network.
    package let graph: Graph
    /// Samples per batch.
    package let batch: Int
    /// How it is run.
    package let mode: ExecutionMode

    let forward: [Instruction]
    let backward: [Instruction]
    /// Where the arena's buffers are, in floats.
    let offsets: [Int]
    let logits: Buffer
    let features: Buffer?
    /// How much of `backward` slot products need.
    let slotProductsEnd: Int

    private let arenaCount: Int

    /// A plan for batches of one size.
    ///
    /// - Parameters:
    ///   - graph: The network.
    ///   - batch: Samples per batch, at least 1.
    ///   - mode: How to run it.
    package init(graph: Graph, batch: Int, mode: ExecutionMode) {
        precondition(batch > 0, "a batch has at least one sample")
        var planner = StepPlanner(graph: graph, batch: batch, mode: mode)
        planner.plan()
        self.graph = graph
        self.batch = batch
        self.mode = mode
        forward = planner.forward
        backward = planner.backward
        logits = planner.logits
        features = planner.features
        slotProductsEnd = planner.slotProductsEnd
        (offsets, arenaCount) = planner.buffers.place()
    }

    /// The arena's size; parameters, gradients, statistics and the input come on top.
    package var peakBytes: Int { arenaCount * MemoryLayout<Float>.size }

    /// The number of elements of an input batch.
    package var inputCount: Int { batch * graph.inputSize.count * graph.inputChannels }
}
