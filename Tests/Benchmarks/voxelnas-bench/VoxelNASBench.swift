import ArgumentParser

/// Measures the engine on this machine.
@main
struct VoxelNASBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "voxelnas-bench",
        abstract: "Measures the engine on this machine; the results are in Docs/Performance.md.",
        discussion: """
            Build with -c release. For one thread, pin: taskset -c 0 voxelnas-bench steps.
            A path is a name of the file of paths (r0, 5x5_e4) or a code, a digit per slot.
            """,
        subcommands: [
            MachineCommand.self, KernelsCommand.self, StepsCommand.self, InferenceCommand.self,
            MemoryCommand.self, BitsCommand.self,
        ])
}
