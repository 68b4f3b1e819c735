import ArgumentParser
import Digests
import Execution
import Foundation
import Graphs
import Kernels
import Models
import Optimizers
import Tensors

/// `voxelnas-bench bits`: whether threads and instruction sets change a bit of the weights.
struct BitsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bits",
        abstract: "Trains paths with every instruction set and number of threads; compares bits.",
        discussion: "Ends with 1 if two sets that fuse multiply-adds, or two numbers of threads, "
            + "give different bits. The baseline (SSE2) is a class of its own.")

    @OptionGroup var network: PathOptions
    @OptionGroup var output: OutputOptions
    @Option(parsing: .upToNextOption, help: "Numbers of threads.") var threads = [1, 2]
    @Option(help: "Samples per step.") var batch = 8
    @Option(help: "Steps before bits are compared.") var steps = 3

    struct Row: Encodable {
        let path: String
        let optimizer: String
        let instructionSet: String
        let threads: Int
        let fusesMultiplyAdds: Bool
        /// SHA-256 of all weights after the steps, in the order of operators.
        let digest: String
    }

    func run() throws {
        let machine = Machine.current()
        let best = InstructionSet.current
        defer { InstructionSet.use(best) }
        let sets = InstructionSet.allCases.filter { InstructionSet.use($0) == $0 }
        var rows: [Row] = []
        for path in try network.named() {
            for (name, rule) in [
                ("sgd", SGD(momentum: 0.9) as any Optimizer), ("adam", Adam(weightDecay: 5e-4)),
            ] {
                for set in sets {
                    InstructionSet.use(set)
                    for count in threads {
                        rows.append(
                            Row(
                                path: path.name, optimizer: name,
                                instructionSet: instructionSetName, threads: count,
                                fusesMultiplyAdds: InstructionSet.fusesMultiplyAdds,
                                digest: try digest(path, rule, threads: count)))
                    }
                }
            }
        }
        let classes = Dictionary(grouping: rows) {
            "\($0.path) \($0.optimizer) \($0.fusesMultiplyAdds)"
        }
        let broken = classes.filter { Set($0.value.map(\.digest)).count > 1 }
        try output.write(
            rows, on: machine,
            summary: [
                "classes that must agree": Double(classes.count),
                "classes that differ": Double(broken.count),
                "instruction sets": Double(sets.count),
            ], columns: ["path", "optimiser", "instruction set", "threads", "digest"]
        ) { row in
            [
                row.path, row.optimizer, row.instructionSet, "\(row.threads)",
                String(row.digest.prefix(16)),
            ]
        }
        if !broken.isEmpty { throw ExitCode(1) }
    }

    private func digest(
        _ path: NamedPath, _ rule: any Optimizer, threads: Int
    ) throws -> String {
        let size = try network.volume(default: VolumeSize(16, 64, 64))
        let plan = ExecutionPlan(
            graph: network.supernet.graph(of: path.architecture, input: size), batch: batch,
            mode: .training)
        let executor = Executor(threads: threads)
        let samples = Batch(samples: batch, size: size)
        var weights = TrainedWeights(of: plan, rule: rule)
        for _ in 0..<steps {
            let step = try executor.trainingStep(
                plan, parameters: weights.parameters, input: samples.input,
                labels: samples.labels)
            weights.update(step.gradients ?? ParameterSet())
        }
        var hash = SHA256()
        for id in weights.parameters.operators {
            unsafe (weights.parameters[id] ?? []).withUnsafeBytes { unsafe hash.update($0) }
        }
        return hexadecimal(hash.finalize())
    }
}
