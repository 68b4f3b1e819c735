import ArgumentParser
import Execution
import Graphs
import Models
import Tensors

/// `voxelnas-bench kernels`: every kernel of the paths, by shape.
struct KernelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernels",
        abstract: "Kernels at the paths' shapes: GFLOP/s, GB/s, and shares of the ceilings.",
        discussion: """
            Operations are those on real data: taps in the padding do not count. Bytes are what must \
            be read and written once; small layers stay in the caches and may pass the memory's rate.
            """)

    @OptionGroup var network: PathOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Threads.") var threads = 1
    @Option(help: "Samples per batch.") var batch = 8
    @Option(help: "Visits of every kernel, in turn; the median counts.") var repetitions = 7

    struct Row: Encodable {
        let kernel: String
        let pass: String
        let shape: String
        /// How many layers of the paths have this shape.
        let uses: Int
        let microseconds: Double
        let gigaflopsPerSecond: Double
        let shareOfPeak: Double
        let gigabytesPerSecond: Double
        let shareOfBandwidth: Double
    }

    func validate() throws {
        guard threads > 0, batch > 0, repetitions > 0 else {
            throw ValidationError("threads, batch and repetitions are at least 1")
        }
    }

    func run() throws {
        let machine = Machine.current()
        let size = try network.volume(default: VolumeSize(16, 64, 64))
        var uses: [KernelCase: Int] = [:]
        var order: [KernelCase] = []
        for path in try network.named() {
            let graph = network.supernet.graph(of: path.architecture, input: size)
            let shapes = KernelCase.cases(of: graph, batch: batch)
            for shape in shapes {
                if uses[shape] == nil { order.append(shape) }
                uses[shape, default: 0] += 1
            }
        }
        let ceilings = Ceilings.measured(threads: threads)
        let kernels = order.flatMap { shape in shape.passes.map { (shape, $0) } }
        let seconds = measure(kernels.map(\.1), arrays: order.map(\.largestArray).max() ?? 1)
        let rows = zip(kernels, seconds).map { kernel, seconds in
            let (shape, pass) = kernel
            let (flops, bytes) = (pass.operations / seconds * 1e-9, pass.bytes / seconds * 1e-9)
            return Row(
                kernel: pass.kernel, pass: pass.pass, shape: shape.shape, uses: uses[shape] ?? 0,
                microseconds: rounded(seconds * 1e6, 2), gigaflopsPerSecond: rounded(flops, 2),
                shareOfPeak: rounded(flops / ceilings.gigaflopsPerSecond),
                gigabytesPerSecond: rounded(bytes, 2),
                shareOfBandwidth: rounded(bytes / ceilings.memoryTriad))
        }.sorted { ($0.kernel, $0.pass) < ($1.kernel, $1.pass) }
        try output.write(
            rows, on: machine, summary: summary(rows, ceilings),
            columns: ["kernel", "pass", "shape", "uses", "us", "GFLOP/s", "peak", "GB/s", "memory"]
        ) { row in
            [
                row.kernel, row.pass, row.shape, "\(row.uses)", number(row.microseconds),
                number(row.gigaflopsPerSecond), number(100 * row.shareOfPeak, 0) + "%",
                number(row.gigabytesPerSecond), number(100 * row.shareOfBandwidth, 0) + "%",
            ]
        }
    }

    /// Seconds per call, of all kernels in turn: a disturbance meets one visit and not one kernel.
    ///
    /// With one thread it is processor time, in which other programs do not count.
    private func measure(_ passes: [KernelPass], arrays: Int) -> [Double] {
        let pool = ComputePool(threads: threads)
        let scratch = KernelScratch(count: arrays, pool: pool)
        func seconds(_ pass: KernelPass, calls: Int) -> Double {
            let timing = pool.pinned { timed { for _ in 0..<calls { pass.run(scratch) } } }
            return (threads == 1 ? timing.processor : timing.wall) / Double(calls)
        }
        var samples = [[Double]](repeating: [], count: passes.count)
        for _ in 0..<repetitions {
            for (index, pass) in passes.enumerated() {
                let once = seconds(pass, calls: 1)
                samples[index].append(seconds(pass, calls: max(1, Int(1e-3 / max(once, 1e-7)))))
            }
        }
        return samples.map(median)
    }

    private func summary(_ rows: [Row], _ ceilings: Ceilings) -> [String: Double] {
        var summary = [
            "ceiling: GFLOP/s": rounded(ceilings.gigaflopsPerSecond, 1),
            "ceiling: triad GB/s": rounded(ceilings.memoryTriad, 1),
        ]
        for (kernel, rows) in Dictionary(grouping: rows, by: { "\($0.kernel), \($0.pass)" }) {
            let seconds = rows.reduce(0) { $0 + Double($1.uses) * $1.microseconds * 1e-6 }
            let work = rows.reduce(0) {
                $0 + Double($1.uses) * $1.microseconds * 1e-6 * $1.gigaflopsPerSecond
            }
            summary["all \(kernel): GFLOP/s"] = rounded(work / seconds, 1)
            summary["all \(kernel): ms a path"] = rounded(
                seconds * 1e3 / Double(max(network.paths.count, 1)), 2)
        }
        return summary
    }
}
