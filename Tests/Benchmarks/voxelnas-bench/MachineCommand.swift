import ArgumentParser
import Kernels

/// `voxelnas-bench machine`: what kernels are compared with.
struct MachineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "machine", abstract: "The machine's ceilings: multiply-adds and bandwidth.")

    @OptionGroup var output: OutputOptions
    @Option(parsing: .upToNextOption, help: "Numbers of threads.") var threads = [1, 2]

    struct Row: Encodable {
        let instructionSet: String
        let ceilings: Ceilings
    }

    func validate() throws {
        guard threads.allSatisfy({ $0 > 0 }) else { throw ValidationError("threads: at least 1") }
    }

    func run() throws {
        let machine = Machine.current()
        let best = InstructionSet.current
        defer { InstructionSet.use(best) }
        var rows: [Row] = []
        for set in InstructionSet.allCases where InstructionSet.use(set) == set {
            rows += threads.map {
                Row(instructionSet: instructionSetName, ceilings: .measured(threads: $0))
            }
        }
        try output.write(
            rows, on: machine,
            columns: [
                "instruction set", "threads", "GFLOP/s", "read GB/s", "triad GB/s", "L2 read GB/s",
            ]
        ) { row in
            [
                row.instructionSet, "\(row.ceilings.threads)",
                number(row.ceilings.gigaflopsPerSecond), number(row.ceilings.memoryRead),
                number(row.ceilings.memoryTriad), number(row.ceilings.cacheRead),
            ]
        }
    }
}
