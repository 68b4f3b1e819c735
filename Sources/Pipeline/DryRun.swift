import Graphs
import Execution
import Models
package import RunConfiguration
import SearchSpaces
import SearchStrategies
import Tensors
import Training

/// What a search would cost, measured on random input without touching the data.
package struct DryRun: Codable, Hashable, Sendable {
    /// Scans of the training list and of the test list.
    package let trainingScans: Int
    package let testScans: Int
    /// Scans of D_T and D_V.
    package let weightScans: Int
    package let alphaScans: Int
    /// Steps per epoch and in all.
    package let stepsPerEpoch: Int
    package let steps: Int
    /// Tasks per step, of both phases.
    package let tasksPerStep: Int
    /// Trainable parameters of the whole supernet, and of a path drawn at the start.
    package let supernetParameters: Int
    package let pathParameters: Int
    /// Multiply-adds of one forward pass of that path.
    package let pathMultiplyAdds: Int
    /// Bytes of a worker's arena for one task, known before it runs.
    package let workerArenaBytes: Int
    /// Bytes of a worker that computes one task at a time, once it has seen every operator.
    package let workerBytes: Int
    /// Bytes of the coordinator's model and optimiser state.
    package let coordinatorBytes: Int
    /// Training samples per second of one thread on this machine, on that path.
    package let samplesPerSecond: Double
    /// Seconds of the whole search on one thread, scoring included, transfers not.
    package let expectedSeconds: Double

    /// Measures a search.
    ///
    /// - Parameters:
    ///   - configuration: The run's settings.
    ///   - data: The lists; nothing needs to be packed.
    /// - Throws: `ConfigurationError`, or `ExecutionError` when the engine and the graph disagree.
    package init(configuration: RunConfiguration, data: PreparedData) throws {
        let program = try SearchProgram(
            configuration: configuration, weightScans: data.weightScans,
            alphaScans: data.alphaScans)
        let supernet = CovidNet3DSupernet(
            space: program.space, classes: configuration.classCount)
        let alpha = ArchitectureParameters(
            space: program.space, standardDeviation: configuration.search.alphaDeviation,
            seed: configuration.seed)
        let path = SampledPath(
            from: alpha, seed: configuration.seed, step: 0,
            phase: SearchProgram.Phase.weights.rawValue, path: 0
        ).architecture
        let graph = supernet.graph(of: path, input: configuration.input.size)
        let batch = configuration.search.microBatchSize
        let plan = ExecutionPlan(graph: graph, batch: batch, mode: .training)
        let seconds = try Self.secondsPerTask(
            plan, operators: supernet.operators(of: path), seed: configuration.seed)
        trainingScans = data.scans.count - data.testScans.count
        testScans = data.testScans.count
        weightScans = data.weightScans.count
        alphaScans = data.alphaScans.count
        stepsPerEpoch = program.stepsPerEpoch
        steps = program.stepCount
        let perPhase = configuration.search.paths * configuration.search.microBatches
        let phases = configuration.search.preset == .uniform ? 1 : 2
        tasksPerStep = phases * perPhase
        supernetParameters = supernet.operators.reduce(0) { $0 + $1.parameterCount }
        pathParameters = graph.cost.parameters
        pathMultiplyAdds = graph.cost.multiplyAdds
        workerArenaBytes = plan.peakBytes
        workerBytes = Self.workerBytes(
            program: program, supernet: supernet, alpha: alpha, batch: batch,
            scans: data.scans.count)
        coordinatorBytes = 12 * supernetParameters
        samplesPerSecond = Double(batch) / seconds
        // A forward pass is a third of a step; two candidates are recalibrated and scored.
        let scored =
            configuration.search.calibrationBatches + data.alphaScans.count / max(batch, 1) + 1
        let recordings = configuration.search.epochs / configuration.search.recordEvery
        expectedSeconds =
            seconds * (Double(steps * tasksPerStep) + Double(2 * scored * recordings) / 3)
    }

    /// What a worker comes to: the program, the volumes of all scans, mapped and checked, a byte a
    /// voxel, the parameters that it keeps, the largest step of some paths that alpha gives at the start, and
    /// that path's parameters twice more, on their way in and out.
    private static func workerBytes(
        program: SearchProgram, supernet: CovidNet3DSupernet, alpha: ArchitectureParameters,
        batch: Int, scans: Int
    ) -> Int {
        let configuration = program.configuration
        let volumes = scans * configuration.input.size.count
        let steps = (0..<64).map { path in
            let architecture = SampledPath(
                from: alpha, seed: configuration.seed, step: 0,
                phase: SearchProgram.Phase.weights.rawValue, path: UInt32(path)
            ).architecture
            let plan = ExecutionPlan(
                graph: supernet.graph(of: architecture, input: configuration.input.size),
                batch: batch, mode: .training)
            return plan.stepBytes + 8 * plan.graph.cost.parameters
        }
        let kept = min(
            workerCacheBytes, 4 * supernet.operators.reduce(0) { $0 + $1.parameterCount })
        return workerProgramBytes + volumes + kept + (steps.max() ?? 0)
    }

    /// The program with its libraries and threads, measured.
    private static let workerProgramBytes = 64_000_000
    /// The most that a worker keeps of parameters.
    private static let workerCacheBytes = 512 << 20

    private static func secondsPerTask(
        _ plan: ExecutionPlan, operators: [OperatorLayout], seed: UInt64
    ) throws -> Double {
        let executor = Executor(threads: 1)
        let parameters = ParameterSet(initializing: operators, seed: seed, model: "dry-run")
        var stream = RandomStream(seed: seed, name: "dry-run")
        let input = (0..<(plan.batch * plan.graph.inputSize.count)).map { _ in
            Float(stream.nextUnit())
        }
        let labels = (0..<plan.batch).map { $0 % plan.graph.classes }
        var best = Double.infinity
        for _ in 0..<3 {
            let start = ContinuousClock.now
            _ = try executor.trainingStep(
                plan, parameters: parameters, input: input, labels: labels)
            best = min(best, (ContinuousClock.now - start) / .seconds(1))
        }
        return best
    }
}
