import ArgumentParser
import Execution
import Graphs
import Models
import Optimizers
import SearchSpaces
import Tensors

/// `voxelnas-bench steps`: forward, backward and update of sampled paths.
struct StepsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "steps",
        abstract: "Training steps: median samples per second of every path, SGD and Adam.")

    @OptionGroup var network: PathOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Threads.") var threads = 1
    @Option(help: "Samples per step.") var batch = 8
    @Option(help: "Measured steps per path.") var repetitions = 15
    @Option(help: "Steps before them.") var warmUp = 3
    @Flag(help: "Alpha's phase: slot products in place of gradients, and no update.")
    var slotProducts = false

    struct Row: Encodable {
        let space: String
        let path: String
        let code: String
        let threads: Int
        let batch: Int
        /// Forward, backward and SGD with momentum.
        let milliseconds: Double
        let bestMilliseconds: Double
        let processorMilliseconds: Double
        let samplesPerSecond: Double
        /// Of these, the update.
        let sgdMilliseconds: Double
        /// With Adam's update in its place.
        let adamMilliseconds: Double
        let adamSamplesPerSecond: Double
        let planMilliseconds: Double
        /// Multiply-adds that touch the volume, as GFLOP per second of the step.
        let gigaflopsPerSecond: Double
    }

    func validate() throws {
        guard threads > 0, batch > 1, repetitions > 0, warmUp >= 0 else {
            throw ValidationError("threads and repetitions are at least 1, batch at least 2")
        }
    }

    func run() throws {
        let machine = Machine.current()
        let rows = try network.named().map(measure)
        let summary = [
            "mean samples per second": mean(rows.map(\.samplesPerSecond)),
            "mean samples per second, Adam": mean(rows.map(\.adamSamplesPerSecond)),
            "mean samples per processor second": mean(
                rows.map { Double(batch) * 1e3 / $0.processorMilliseconds }),
        ]
        try output.write(
            rows, on: machine, summary: summary.mapValues { rounded($0, 2) },
            columns: [
                "path", "samples/s", "ms", "best ms", "CPU ms", "SGD ms", "Adam samples/s",
                "plan ms", "GFLOP/s",
            ]
        ) { row in
            [
                row.path, number(row.samplesPerSecond), number(row.milliseconds, 2),
                number(row.bestMilliseconds, 2), number(row.processorMilliseconds, 2),
                number(row.sgdMilliseconds, 2), number(row.adamSamplesPerSecond),
                number(row.planMilliseconds, 2), number(row.gigaflopsPerSecond),
            ]
        }
    }

    private func measure(_ path: NamedPath) throws -> Row {
        let size = try network.volume(default: VolumeSize(16, 64, 64))
        let plan = self.plan(path, size)
        let executor = Executor(threads: threads)
        let samples = Batch(samples: batch, size: size)
        var trained = TrainedWeights(of: plan, rule: SGD(momentum: 0.9))
        var beside = TrainedWeights(of: plan, rule: Adam())
        var (steps, updates, adam): ([Timing], [Timing], [Timing]) = ([], [], [])
        for repetition in 0..<(warmUp + repetitions) {
            var gradients = ParameterSet()
            let step = try timed {
                gradients =
                    try executor.trainingStep(
                        plan, parameters: trained.parameters, input: samples.input,
                        labels: samples.labels, wanted: slotProducts ? .slotProducts : .gradients
                    ).gradients ?? gradients
            }
            let update = timed { trained.update(gradients) }
            let other = timed { beside.update(gradients) }
            guard repetition >= warmUp else { continue }
            steps.append(step)
            updates.append(update)
            adam.append(other)
        }
        let whole = zip(steps, updates).map(+)
        let seconds = median(whole.map(\.wall))
        let adamSeconds = median(zip(steps, adam).map(+).map(\.wall))
        let operations = 6 * Double(plan.graph.cost.effectiveMultiplyAdds * batch)
        return Row(
            space: network.space.rawValue, path: path.name, code: path.architecture.code,
            threads: threads, batch: batch, milliseconds: rounded(seconds * 1e3),
            bestMilliseconds: rounded((whole.map(\.wall).min() ?? 0) * 1e3),
            processorMilliseconds: rounded(median(whole.map(\.processor)) * 1e3),
            samplesPerSecond: rounded(Double(batch) / seconds),
            sgdMilliseconds: rounded(median(updates.map(\.wall)) * 1e3),
            adamMilliseconds: rounded(adamSeconds * 1e3),
            adamSamplesPerSecond: rounded(Double(batch) / adamSeconds),
            planMilliseconds: rounded(timed { _ = self.plan(path, size) }.wall * 1e3),
            gigaflopsPerSecond: rounded(operations / seconds * 1e-9))
    }

    private func plan(_ path: NamedPath, _ size: VolumeSize) -> ExecutionPlan {
        ExecutionPlan(
            graph: network.supernet.graph(of: path.architecture, input: size), batch: batch,
            mode: .training)
    }
}

/// Weights and what their optimiser remembers.
struct TrainedWeights {
    var parameters: ParameterSet
    private var state = OptimizerState()
    private let rule: any Optimizer

    /// Fresh weights of a plan's network.
    init(of plan: ExecutionPlan, rule: any Optimizer) {
        parameters = ParameterSet(
            initializing: plan.graph.operators, seed: 1, model: "benchmark")
        self.rule = rule
    }

    /// One step of the rule, at a rate of 0.001.
    mutating func update(_ gradients: ParameterSet) {
        rule.update(
            parameters: &parameters, gradients: gradients, state: &state, learningRate: 1e-3)
    }
}

/// The mean of the values.
func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }
