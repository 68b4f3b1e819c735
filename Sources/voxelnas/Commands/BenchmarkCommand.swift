import ArgumentParser
import Evaluation
import Foundation
import Pipeline
import Runs

/// `voxelnas benchmark`.
struct BenchmarkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark",
        abstract: "Trains networks with one protocol and compares them on the test list.",
        discussion: """
            Networks are 'found' (of the search in the same run directory), an operation in every \
            slot such as k3e3, a published network (resnet3d-101, densenet3d-121, mc3-18, \
            resnet3d-34, resnet3d-18), or a code that `voxelnas archive` prints. Each is trained \
            evaluation.seeds times for evaluation.epochs epochs. Finished trainings are kept, also \
            those of `voxelnas evaluate`: the same command goes on where it was stopped. The table \
            is in <run>/benchmark, as Markdown and JSON.
            """)

    @OptionGroup var options: RunOptions
    @Option(
        help: "The networks, separated by commas; found and evaluation.fixedNetworks by default.")
    var networks = ""
    @Option(help: "Worker processes to start here; 0 computes in this process.") var workers = 2
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await explainingFailures {
            let session = try BenchmarkSession(options)
            let (table, path) = try await session.run(
                networks: networks.split(separator: ",").map {
                    $0.trimmingCharacters(in: .whitespaces)
                }, workers: workers)
            if json {
                return print(String(decoding: try table.json(), as: UTF8.self), terminator: "")
            }
            print(table.markdown())
            print("benchmark: \(path)")
        }
    }
}
