import ArgumentParser
import Foundation

/// `voxelnas doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Examines whether this machine can work for a coordinator.",
        discussion: "Takes the options of `voxelnas worker`. Joins for a second, without slots.")

    @OptionGroup var connection: WorkerConnection
    @Option(help: "The name that the worker would have.") var name: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await explainingFailures {
            var doctor = Doctor(connection: connection, name: name)
            try doctor.examine()
            if json {
                try printJSON(doctor.findings)
            } else {
                for finding in doctor.findings {
                    let verdict = finding.verdict.rawValue
                    let check = finding.check.padding(
                        toLength: 22, withPad: " ", startingAt: 0)
                    print(
                        verdict.padding(toLength: 5, withPad: " ", startingAt: 0) + check
                            + finding.found)
                    if !finding.advice.isEmpty { print("      → \(finding.advice)") }
                }
            }
            if !doctor.isFit { throw ExitCode.failure }
        }
    }
}
