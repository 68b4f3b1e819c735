import ArgumentParser
import Execution
import Foundation
import Graphs
import Models
import SearchSpaces
import Tensors

/// `voxelnas-bench memory`: what a plan says it needs, and what the process then has.
struct MemoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "memory",
        abstract: "Resident memory of training steps: the plan's figure and the measured peak.",
        discussion: "Every path is run in a process of its own.")

    @OptionGroup var network: PathOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Threads.") var threads = 1
    @Option(help: "Samples per step.") var batch = 8
    @Flag(help: .hidden) var here = false

    struct Row: Codable {
        let space: String
        let path: String
        let batch: Int
        /// Of the plan's arena, known before anything runs.
        let arenaMegabytes: Double
        /// Arena, input, parameters, gradients and statistics: `ExecutionPlan.stepBytes`.
        let plannedMegabytes: Double
        /// The process's peak less what it had before the plan was made.
        let measuredMegabytes: Double
        /// The process's peak.
        let residentMegabytes: Double
    }

    func run() throws {
        let paths = try network.named()
        if here, let path = paths.first {
            return print(String(decoding: try JSONEncoder().encode(measure(path)), as: UTF8.self))
        }
        let machine = Machine.current()
        let rows = try paths.map { path in try inProcessOfItsOwn(path.architecture.code, path.name)
        }
        let errors = rows.map { abs($0.plannedMegabytes / $0.measuredMegabytes - 1) }
        try output.write(
            rows, on: machine,
            summary: [
                "largest error of the plan, %": rounded(100 * (errors.max() ?? 0), 1),
                "largest process, MB": rows.map(\.residentMegabytes).max() ?? 0,
            ], columns: ["path", "arena MB", "planned MB", "measured MB", "process MB"]
        ) { row in
            [
                row.path, number(row.arenaMegabytes), number(row.plannedMegabytes),
                number(row.measuredMegabytes), number(row.residentMegabytes),
            ]
        }
    }

    private func measure(_ path: NamedPath) throws -> Row {
        let size = try network.volume(default: VolumeSize(16, 64, 64))
        let before = Self.resident("VmRSS")
        let plan = ExecutionPlan(
            graph: network.supernet.graph(of: path.architecture, input: size), batch: batch,
            mode: .training)
        let executor = Executor(threads: threads)
        let samples = Batch(samples: batch, size: size)
        let parameters = ParameterSet(
            initializing: plan.graph.operators, seed: 1, model: "benchmark")
        for _ in 0..<5 {
            _ = try executor.trainingStep(
                plan, parameters: parameters, input: samples.input, labels: samples.labels)
        }
        let peak = Self.resident("VmHWM")
        return Row(
            space: network.space.rawValue, path: path.name, batch: batch,
            arenaMegabytes: rounded(Double(plan.peakBytes) * 1e-6),
            plannedMegabytes: rounded(Double(plan.stepBytes) * 1e-6),
            measuredMegabytes: rounded((peak - before) * 1e-6),
            residentMegabytes: rounded(peak * 1e-6))
    }

    private func inProcessOfItsOwn(_ code: String, _ name: String) throws -> Row {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [
            "memory", "--here", "--space", network.space.rawValue, "--paths", code, "--batch",
            "\(batch)", "--threads", "\(threads)",
        ]
        if let size = network.size { process.arguments?.append(contentsOf: ["--size", size]) }
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let row = try JSONDecoder().decode(Row.self, from: data)
        return Row(
            space: row.space, path: name, batch: row.batch, arenaMegabytes: row.arenaMegabytes,
            plannedMegabytes: row.plannedMegabytes, measuredMegabytes: row.measuredMegabytes,
            residentMegabytes: row.residentMegabytes)
    }

    /// A line of `/proc/self/status`, in bytes.
    private static func resident(_ key: String) -> Double {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix(key + ":") } ?? ""
        let kilobytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first
        return (kilobytes.flatMap { Double($0) } ?? 0) * 1024
    }
}
