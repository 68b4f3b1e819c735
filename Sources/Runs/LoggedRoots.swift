import Foundation

/// A line of `roots.jsonl`: the state's root after some rounds.
package struct LoggedRoot: Codable, Hashable, Sendable {
    /// What made the state: `step` or `candidates`.
    package var kind: String
    /// Steps done.
    package var step: Int
    /// Rounds done.
    package var round: UInt64
    /// The root, in hexadecimal.
    package var root: String

    /// A root.
    package init(kind: String, step: Int, round: UInt64, root: String) {
        self.kind = kind
        self.step = step
        self.round = round
        self.root = root
    }

    /// The line, with its end.
    package var line: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return Array((try? encoder.encode(self)) ?? Data()) + Array("\n".utf8)
    }
}

extension RunDirectory {
    /// The roots of all states that a run went through, one JSON object a line.
    package var rootsPath: String { path + "/roots.jsonl" }

    /// Every logged root, in the order of the rounds.
    package var loggedRoots: [LoggedRoot] {
        guard let data = FileManager.default.contents(atPath: rootsPath) else { return [] }
        return data.prefix(wholeRootBytes).split(separator: UInt8(ascii: "\n")).compactMap {
            try? JSONDecoder().decode(LoggedRoot.self, from: $0)
        }
    }

    /// Bytes up to the last line that has an end.
    var wholeRootBytes: Int {
        guard let data = FileManager.default.contents(atPath: rootsPath) else { return 0 }
        return data.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    }
}
