import ArgumentParser

/// The command line.
@main
struct Voxelnas: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "voxelnas",
        abstract: "Distributed, reproducible search of 3D networks for chest CT.",
        discussion: """
            Research use only.

            Exit codes: 0 done; 1 a figure or check is short; 64 wrong usage; 65 bad data; \
            69 a peer or service is missing; 73 a file cannot be written; 75 stopped on request, \
            go on with --resume; 77 a key is missing or not let in; 78 wrong run file.
            """,
        version: "0.1.0",
        subcommands: [
            SearchCommand.self, CoordinatorCommand.self, WorkerCommand.self, EvaluateCommand.self,
            BenchmarkCommand.self, CrossvalidateCommand.self, PredictCommand.self, CamCommand.self,
            ExportCommand.self, DrawCommand.self, CardCommand.self, DataCommand.self,
            KeysCommand.self, DoctorCommand.self, StatusCommand.self, WatchCommand.self,
            WorkersCommand.self, TasksCommand.self, EventsCommand.self, AlphaCommand.self,
            ArchiveCommand.self, PoisonCommand.self, DrainCommand.self, EvictCommand.self,
            PauseCommand.self, ResumeCommand.self, CheckpointCommand.self, StopCommand.self,
            ReplayCommand.self, AuditCommand.self, FailPointsCommand.self,
        ])
}
