import Coordinator
import ArgumentParser
import Foundation
import WireProtocol

/// What commands that steer a live run have in common.
protocol SteeringCommand: AsyncParsableCommand {
    var steering: SteeringOptions { get }
    var command: AdminCommand { get }
}

/// The options of commands that steer a live run.
struct SteeringOptions: ParsableArguments {
    @OptionGroup var target: RunTarget
    @Option(help: "Why; goes to the event log and to the workers.") var reason = ""
    @Flag(help: "Print JSON.") var json = false
}

extension SteeringCommand {
    func run() async throws {
        try await explainingFailures {
            let reply = try await steering.target.liveCoordinator().perform(command)
            if steering.json {
                try printJSON(
                    SteeringReply(command: reply.command, isDone: reply.isDone, text: reply.text))
            } else if reply.isDone {
                print(reply.text)
            } else {
                FileHandle.standardError.write(Data("voxelnas: \(reply.text)\n".utf8))
            }
            if !reply.isDone { throw ExitCode.failure }
        }
    }
}

private struct SteeringReply: Encodable {
    let command: String
    let isDone: Bool
    let text: String
}

/// `voxelnas drain`.
struct DrainCommand: SteeringCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Lets a worker finish what it has begun, and leave.")

    @OptionGroup var steering: SteeringOptions
    @Option(help: "The worker's name, or its address where names are shared.") var worker: String?
    @Flag(help: "Every worker.") var all = false
    @Option(help: "Seconds that what is begun may take.") var within = 25

    func validate() throws {
        guard all != (worker != nil) else { throw ValidationError("give --worker NAME, or --all") }
        guard (0...86_400).contains(within) else { throw ValidationError("--within: 0 to 86400") }
    }

    var command: AdminCommand {
        AdminCommand(
            .drain, target: worker ?? "", reason: steering.reason, limitMilliseconds: 1000 * within)
    }
}

/// `voxelnas evict`.
struct EvictCommand: SteeringCommand {
    static let configuration = CommandConfiguration(
        commandName: "evict",
        abstract: "Throws a worker out at once; revoke its key to keep its machine out.")

    @OptionGroup var steering: SteeringOptions
    @Option(help: "The worker's name, or its address where names are shared.") var worker: String

    var command: AdminCommand { AdminCommand(.evict, target: worker, reason: steering.reason) }
}

/// `voxelnas pause`.
struct PauseCommand: SteeringCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Gives no tasks out until `voxelnas resume`.")

    @OptionGroup var steering: SteeringOptions
    var command: AdminCommand { AdminCommand(.pause, reason: steering.reason) }
}

/// `voxelnas resume`.
struct ResumeCommand: SteeringCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Gives tasks out again after `voxelnas pause`.")

    @OptionGroup var steering: SteeringOptions
    var command: AdminCommand { AdminCommand(.resume, reason: steering.reason) }
}

/// `voxelnas checkpoint`.
struct CheckpointCommand: SteeringCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint", abstract: "Saves the state of a live search after this step.")

    @OptionGroup var steering: SteeringOptions
    var command: AdminCommand { AdminCommand(.checkpoint, reason: steering.reason) }
}

/// `voxelnas stop`.
struct StopCommand: SteeringCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Ends a live run after this step, saved, as Ctrl-C does.")

    @OptionGroup var steering: SteeringOptions
    var command: AdminCommand { AdminCommand(.stop, reason: steering.reason) }
}
