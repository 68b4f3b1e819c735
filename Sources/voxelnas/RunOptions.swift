import ArgumentParser
import Foundation
import Pipeline
import RunConfiguration
import Runs

/// What `search` and `coordinator` have in common.
struct RunOptions: ParsableArguments {
    @Argument(help: "The run file.") var runFile: String
    @Option(help: "The run directory; `runs/<name>` by default.") var output: String?
    @Option(
        name: .customLong("set"),
        help: "A setting in place of the run file's, such as search.epochs=2; repeatable.")
    var overrides: [String] = []
    @Option(help: "The folder of the packed shards; inside the run directory by default.")
    var shards: String?
    @Flag(help: "Go on with a run that was stopped.") var resume = false
    @Flag(help: "Write every step's paths, noise and slot products to trace.jsonl.")
    var trace = false

    @Option(help: "The longest time between two saved states, in seconds.")
    var saveEvery = 300.0
    @Option(help: "The share of tasks that two workers compute, to compare their bits, in percent.")
    var audit = 1.0

    func validate() throws {
        guard saveEvery > 0 else { throw ValidationError("--save-every takes a positive number") }
        guard (0...100).contains(audit) else { throw ValidationError("--audit takes 0 to 100") }
    }

    /// The run file's settings.
    func configuration() throws -> RunConfiguration {
        try RunConfiguration(contentsOf: runFile, overrides: overrides)
    }

    /// The run directory.
    func directory(of configuration: RunConfiguration) -> RunDirectory {
        let named = output ?? configuration.deployment.output
        return RunDirectory(path: named.isEmpty ? "runs/\(configuration.name)" : named)
    }

    /// The folder of the shards.
    func shardsFolder(of configuration: RunConfiguration, in directory: RunDirectory) -> String {
        let named = shards ?? configuration.deployment.shards
        return named.isEmpty ? directory.shardsPath : named
    }
}
