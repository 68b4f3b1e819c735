import Pipeline
import Coordinator
import ArgumentParser
import Foundation
import Glibc
import Runs

/// `voxelnas watch`.
struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Shows a run as it goes, until Ctrl-C.")

    @OptionGroup var target: RunTarget
    @Option(help: "Seconds between two looks.") var interval = 1.0
    @Flag(help: "Look once.") var once = false
    @Flag(help: "Print JSON, a line for each look.") var json = false

    func validate() throws {
        guard (0.1...3600).contains(interval) else {
            throw ValidationError("--interval takes 0.1 to 3600")
        }
    }

    func run() async throws {
        try await explainingFailures {
            let isTerminal = isatty(STDOUT_FILENO) == 1 && !json && !once
            var pace = Pace()
            repeat {
                let view = try await look(&pace)
                if json {
                    let encoder = JSONEncoder()
                    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
                    print(String(decoding: try encoder.encode(view), as: UTF8.self))
                } else {
                    let lines = view.lines.map { isTerminal ? "\($0)\u{1B}[K" : $0 }
                    // Home, the lines, and what is left of the last look cleared.
                    let start = isTerminal ? "\u{1B}[H" : ""
                    let end = isTerminal ? "\n\u{1B}[J" : "\n"
                    FileHandle.standardOutput.write(
                        Data((start + lines.joined(separator: "\n") + end).utf8))
                }
                if !once { try await Task.sleep(for: .seconds(interval)) }
            } while !once
        }
    }

    private func look(_ pace: inout Pace) async throws -> WatchView {
        let standing = try await RunStanding(target)
        let directory = try target.directory()
        let entropy = directory.flatMap { directory in
            FileManager.default.fileExists(atPath: directory.archivePath)
                ? (try? CandidateArchive(path: directory.archivePath).candidates())?.last?.entropy
                : nil
        }
        let results = standing.coordinator?.workers.reduce(0) { $0 + $1.accepted } ?? 0
        return WatchView(
            standing: standing, resultsPerSecond: pace.rate(of: results), alphaEntropy: entropy,
            events: Array(((try? await target.events()) ?? []).suffix(6)))
    }
}

/// Results per second over the last looks.
private struct Pace {
    private var marks: [(time: ContinuousClock.Instant, count: Int)] = []

    mutating func rate(of count: Int) -> Double? {
        let now = ContinuousClock.now
        if let last = marks.last, count < last.count { marks = [] }
        marks.append((now, count))
        if marks.count > 10 { marks.removeFirst() }
        guard let first = marks.first, now - first.time > .zero, marks.count > 1 else { return nil }
        return Double(count - first.count) / ((now - first.time) / .seconds(1))
    }
}

/// What one look shows.
private struct WatchView: Encodable {
    let standing: RunStanding
    let resultsPerSecond: Double?
    let alphaEntropy: Double?
    let events: [RunEvent]

    var lines: [String] {
        var lines = ["\(standing.run): \(standing.waiting)"]
        if let caution = standing.caution { lines.insert(caution, at: 0) }
        if let progress = standing.progress { lines.append(progress.line) }
        var facts: [String] = []
        if let rate = resultsPerSecond { facts.append("\(rate.formatted(decimals: 1)) results/s") }
        if let entropy = alphaEntropy {
            facts.append("alpha entropy \(entropy.formatted(decimals: 3)) nats")
        }
        if let coordinator = standing.coordinator {
            facts.append("coordinator \(coordinator.residentBytes >> 20) MiB")
            facts.append(
                "\(coordinator.bytesOut / 1_000_000) MB out, \(coordinator.bytesIn / 1_000_000) MB in"
            )
        }
        if !facts.isEmpty { lines.append(facts.joined(separator: "; ")) }
        if let coordinator = standing.coordinator {
            lines += [coordinator.splitLine, ""]
            lines.append(coordinator.workers.table.text)
        }
        lines += standing.warnings.map { "warning: \($0)" }
        if !events.isEmpty { lines += [""] + events.map(\.line) }
        return lines.flatMap { $0.split(separator: "\n", omittingEmptySubsequences: false) }
            .map { String($0.prefix(Self.width)) }
    }

    private static var width: Int {
        Int(ProcessInfo.processInfo.environment["COLUMNS"] ?? "") ?? 200
    }
}
