import ArgumentParser
import Execution
import Graphs
import Models
import SearchSpaces
import Tensors

/// `voxelnas-bench inference`: predictions with recorded statistics.
struct InferenceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inference",
        abstract: "Predictions: median samples per second of every path at 32x128x128.")

    @OptionGroup var network: PathOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Threads.") var threads = 1
    @Option(help: "Samples per batch.") var batch = 8
    @Option(help: "Measured batches per path.") var repetitions = 15
    @Option(help: "Batches before them.") var warmUp = 2

    struct Row: Encodable {
        let space: String
        let path: String
        let code: String
        let threads: Int
        let batch: Int
        let milliseconds: Double
        let bestMilliseconds: Double
        let processorMilliseconds: Double
        let samplesPerSecond: Double
        let gigaflopsPerSecond: Double
    }

    func validate() throws {
        guard threads > 0, batch > 0, repetitions > 0, warmUp >= 0 else {
            throw ValidationError("threads, batch and repetitions are at least 1")
        }
    }

    func run() throws {
        let machine = Machine.current()
        let rows = try network.named().map(measure)
        try output.write(
            rows, on: machine,
            summary: [
                "mean samples per second": rounded(mean(rows.map(\.samplesPerSecond)), 2),
                "mean samples per processor second": rounded(
                    mean(rows.map { Double(batch) * 1e3 / $0.processorMilliseconds }), 2),
            ],
            columns: ["path", "samples/s", "ms", "best ms", "CPU ms", "GFLOP/s"]
        ) { row in
            [
                row.path, number(row.samplesPerSecond), number(row.milliseconds, 2),
                number(row.bestMilliseconds, 2), number(row.processorMilliseconds, 2),
                number(row.gigaflopsPerSecond),
            ]
        }
    }

    private func measure(_ path: NamedPath) throws -> Row {
        let size = try network.volume(default: VolumeSize(32, 128, 128))
        let graph = network.supernet.graph(of: path.architecture, input: size)
        let plan = ExecutionPlan(graph: graph, batch: batch, mode: .inference)
        let executor = Executor(threads: threads)
        let samples = Batch(samples: batch, size: size)
        let parameters = ParameterSet(initializing: graph.operators, seed: 1, model: "benchmark")
        let statistics = try executor.statistics(
            ExecutionPlan(graph: graph, batch: batch, mode: .statistics), parameters: parameters,
            input: samples.input)
        var timings: [Timing] = []
        for repetition in 0..<(warmUp + repetitions) {
            let timing = try timed {
                _ = try executor.predict(
                    plan, parameters: parameters, statistics: statistics, input: samples.input)
            }
            if repetition >= warmUp { timings.append(timing) }
        }
        let seconds = median(timings.map(\.wall))
        let operations = 2 * Double(graph.cost.effectiveMultiplyAdds * batch)
        return Row(
            space: network.space.rawValue, path: path.name, code: path.architecture.code,
            threads: threads, batch: batch, milliseconds: rounded(seconds * 1e3),
            bestMilliseconds: rounded((timings.map(\.wall).min() ?? 0) * 1e3),
            processorMilliseconds: rounded(median(timings.map(\.processor)) * 1e3),
            samplesPerSecond: rounded(Double(batch) / seconds),
            gigaflopsPerSecond: rounded(operations / seconds * 1e-9))
    }
}
