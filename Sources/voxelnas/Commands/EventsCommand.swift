import Coordinator
import ArgumentParser
import Foundation
import Runs

/// `voxelnas events`.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Shows what happened: joins, leaves, leases lost, refusals, commands.")

    @OptionGroup var target: RunTarget
    @Option(help: "The number of events, from the newest back.") var last = 50
    @Option(help: "Only this kind, such as refused; repeatable.") var kind: [String] = []
    @Flag(help: "Go on printing until Ctrl-C.") var follow = false
    @Flag(help: "Print JSON, a line for each event.") var json = false

    func run() async throws {
        try await explainingFailures {
            var shown: RunEvent?
            repeat {
                let events = try await target.events().filter {
                    kind.isEmpty || kind.contains($0.kind)
                }
                let place = shown.flatMap { events.lastIndex(of: $0) }
                let fresh = place.map { Array(events[($0 + 1)...]) } ?? events
                for event in fresh.suffix(last) { try show(event) }
                shown = events.last ?? shown
                if follow { try await Task.sleep(for: .seconds(1)) }
            } while follow
        }
    }

    private func show(_ event: RunEvent) throws {
        guard json else { return print(event.line) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(event), as: UTF8.self))
    }
}

/// `voxelnas poison`.
struct PoisonCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "poison",
        abstract: "Lists bad results: failed attempts, other bits, other inputs, quarantine.")

    @OptionGroup var target: RunTarget
    @Flag(help: "Print JSON.") var json = false

    private static let kinds: Set = ["attempt-failed", "mismatch", "other-inputs", "quarantined"]

    func run() async throws {
        try await explainingFailures {
            let events = try await target.events().filter {
                Self.kinds.contains($0.kind) || $0.kind.hasPrefix("poison")
            }
            if json { return try printJSON(events) }
            guard !events.isEmpty else { return print("no bad result so far") }
            for event in events { print(event.line) }
        }
    }
}

extension RunTarget {
    /// The events of the run's folder, or the newest ones of a coordinator elsewhere.
    func events() async throws -> [RunEvent] {
        if let directory = try directory() { return EventLog.read(path: directory.eventsPath) }
        let text = try await liveCoordinator().text("events")
        return try JSONDecoder().decode([RunEvent].self, from: Data(text.utf8))
    }
}

extension RunEvent {
    /// The event on one line.
    var line: String {
        let width = max(14 - kind.count, 0)
        let name = worker.map { text.contains($0) ? "" : "[\($0)] " } ?? ""
        return "\(time)  \(kind)\(String(repeating: " ", count: width))  \(name)\(text)"
    }
}

extension Double {
    /// The number with a fixed count of decimals.
    func formatted(decimals: Int) -> String { String(format: "%.\(decimals)f", self) }
}
