import Coordinator
import Coordination
import ArgumentParser

/// `voxelnas tasks`.
struct TasksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks", abstract: "Lists the tasks of a live run's open rounds.")

    @OptionGroup var target: RunTarget
    @Option(help: "Only tasks that a worker has had for so many seconds.") var stuck: Double?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await explainingFailures {
            let status = try await target.coordinator()?.status("tasks")
            let tasks = (status?.tasks ?? []).filter { task in
                stuck.map { task.ageSeconds >= $0 && task.stage != .folded } ?? true
            }
            if json { return try printJSON(tasks) }
            guard let round = status?.round else {
                return print(
                    status == nil ? "no task: the run is not live" : "no round is open right now")
            }
            print("round \(round.number): \(round.folded) of \(round.tasks) tasks count")
            var table = Table("task", "kind", "stage", "workers", "age s", "failures")
            for task in tasks {
                table.append(
                    "\(task.round)/\(task.index)", task.kind, task.stage.rawValue,
                    task.workers.joined(separator: " "),
                    task.workers.isEmpty ? "-" : task.ageSeconds.formatted(decimals: 1),
                    task.failures.joined(separator: "; "))
            }
            print(table.text)
        }
    }
}
