import ArgumentParser
import Foundation
import Pipeline
import Runs
import Training

/// `voxelnas replay`.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Computes steps of a run again, in this process, and compares the state's roots.",
        discussion: """
            Starts from the newest saved state at or before the first step, or from the beginning. \
            The run is not touched, and may be going on. Exit code 1 when a step leads elsewhere.
            """)

    @Argument(help: "The run directory.") var run: String
    @Option(help: "The steps to compare, first..last, counted from 0.") var verify: StepRange
    @Option(help: "Threads.") var threads = ProcessInfo.processInfo.activeProcessorCount
    @Option(help: "The folder of the packed shards; where the run had them by default.")
    var shards: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await explainingFailures {
            let directory = RunDirectory(path: run)
            let configuration = try directory.configuration()
            try directory.check(numerics: NumericsFingerprint.measured(), of: .search)
            let origin = try directory.origin()
            let data = try PreparedData(
                packing: configuration, folder: origin.folder, shards: shards ?? origin.shards,
                report: { _ in })
            let stage = try SearchStage(
                configuration: configuration, directory: directory, weightScans: data.weightScans,
                alphaScans: data.alphaScans, labels: data.labels)
            let runner = try WorkerBriefing(configuration: configuration, data: data)
                .taskRunner(threads: threads)
            let progress = TerminalProgress(directory: nil, isQuiet: json)
            let outcome = try await SearchReplay(of: stage).verify(
                verify.steps, on: LocalRoundExecutor(runner), report: progress.update)
            if json {
                try printJSON(outcome)
            } else if let step = outcome.differsAt {
                print("step \(step) leads elsewhere: state \(outcome.root)")
            } else {
                print("\(outcome.compared) states agree; the last is \(outcome.root)")
            }
            if outcome.differsAt != nil { throw ExitCode.failure }
        }
    }
}

/// Steps as `first..last`, or one step.
struct StepRange: ExpressibleByArgument {
    let steps: ClosedRange<Int>

    init?(argument: String) {
        let ends = argument.split(separator: ".", omittingEmptySubsequences: true).map {
            Int($0)
        }
        guard let first = ends.first ?? nil, let last = ends.last ?? nil,
            (1...2).contains(ends.count), 0 <= first, first <= last
        else { return nil }
        steps = first...last
    }
}
