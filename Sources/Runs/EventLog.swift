import Foundation
import Synchronization

/// Something that happened in a run, as a line of `events.jsonl`.
package struct RunEvent: Codable, Hashable, Sendable {
    /// When, as ISO 8601 with milliseconds, in UTC.
    package var time: String
    /// A word for it, such as `joined`.
    package var kind: String
    /// The worker's name.
    package var worker: String?
    /// The worker's address.
    package var peer: String?
    /// The task, `round/index`.
    package var task: String?
    /// What happened, in words.
    package var text: String

    /// An event of now.
    package init(
        kind: String, worker: String? = nil, peer: String? = nil, task: String? = nil, text: String
    ) {
        time = Date().formatted(
            Date.ISO8601FormatStyle(includingFractionalSeconds: true, timeZone: .gmt))
        self.kind = kind
        self.worker = worker
        self.peer = peer
        self.task = task
        self.text = text
    }
}

/// The event log of a run: lines of JSON, appended as things happen.
package final class EventLog: Sendable {
    private struct State {
        var file: FileHandle?
        var bytes: UInt64 = 0
        var last: [RunEvent] = []
    }
    private let path: String
    private let state = Mutex(State())

    /// A file of this size is put aside as `events.1.jsonl`, in place of an older one.
    private static let limit: UInt64 = 32 << 20
    private static let kept = 500

    /// The log of a file, which is made when needed.
    package init(path: String) {
        self.path = path
    }

    /// Writes an event; a full disk loses events, not the run.
    package func append(_ event: RunEvent) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard var line = try? encoder.encode(event) else { return }
        line.append(UInt8(ascii: "\n"))
        let data = line
        state.withLock { state in
            state.last.append(event)
            if state.last.count > Self.kept { state.last.removeFirst() }
            if state.bytes > Self.limit {
                try? state.file?.close()
                state.file = nil
                let old = Self.olderPath(of: path)
                try? FileManager.default.removeItem(atPath: old)
                try? FileManager.default.moveItem(atPath: path, toPath: old)
            }
            if state.file == nil {
                if !FileManager.default.fileExists(atPath: path) {
                    _ = FileManager.default.createFile(atPath: path, contents: nil)
                }
                state.file = FileHandle(forWritingAtPath: path)
                state.bytes = (try? state.file?.seekToEnd()) ?? 0
            }
            try? state.file?.write(contentsOf: data)
            state.bytes += UInt64(data.count)
        }
    }

    /// The newest events that this process wrote.
    package var last: [RunEvent] { state.withLock { $0.last } }

    /// The events of a file, oldest first; a line that was cut off is left out.
    package static func read(path: String) -> [RunEvent] {
        let decoder = JSONDecoder()
        return [olderPath(of: path), path].flatMap { file -> [RunEvent] in
            guard let data = try? Data(contentsOf: URL(fileURLWithPath: file)) else { return [] }
            return data.split(separator: UInt8(ascii: "\n")).compactMap {
                try? decoder.decode(RunEvent.self, from: Data($0))
            }
        }
    }

    private static func olderPath(of path: String) -> String {
        path.hasSuffix(".jsonl") ? String(path.dropLast(6)) + ".1.jsonl" : path + ".1"
    }
}
