import Foundation
import Kernels

/// What was measured on, and when: printed with every result.
struct Machine: Codable {
    let processor: String
    let processors: Int
    let instructionSet: String
    /// Running processes over the last minute, before the measurement.
    let load: Double
    let date: String
    let command: String

    /// This machine, now.
    static func current() -> Machine {
        var loads = [0.0, 0.0, 0.0]
        _ = unsafe getloadavg(&loads, 3)
        let arguments = CommandLine.arguments
        return Machine(
            processor: processorName, processors: ProcessInfo.processInfo.activeProcessorCount,
            instructionSet: instructionSetName, load: (loads[0] * 100).rounded() / 100,
            date: Date.now.formatted(.iso8601),
            command: (["voxelnas-bench"] + arguments.dropFirst()).joined(separator: " "))
    }

    private static var processorName: String {
        let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        func value(_ key: String) -> String? {
            lines.split(separator: "\n").first { $0.hasPrefix(key) }?.split(separator: ":").last
                .map { $0.trimmingCharacters(in: .whitespaces) }
        }
        guard let name = value("model name") else { return "unknown" }
        return value("cpu family").map { "\(name), family \($0)" } ?? name
    }

    /// As the first line of a table.
    var line: String {
        "\(processor), \(processors) processors, \(instructionSet), load \(load), \(date)"
    }
}
