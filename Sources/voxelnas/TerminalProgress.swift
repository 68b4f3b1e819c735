import Foundation
import Glibc
import Pipeline
import Runs
import Synchronization

/// Shows progress on a terminal, at most five times a second, and keeps `progress.json` current.
final class TerminalProgress: Sendable {
    private struct State {
        var shown = ContinuousClock.now - .seconds(10)
        var stage = ""
    }

    private let directory: RunDirectory?
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let isQuiet: Bool
    private let state = Mutex(State())

    /// Keeps the `progress.json` of a run, or of none.
    init(directory: RunDirectory?, isQuiet: Bool = false) {
        self.directory = directory
        self.isQuiet = isQuiet
    }

    /// Shows where a stage stands.
    func update(_ progress: StageProgress) {
        let isEnd = progress.done >= progress.total
        let isDue = state.withLock { state in
            let interval: Duration = isTerminal ? .milliseconds(200) : .seconds(10)
            guard isEnd || progress.stage != state.stage || .now - state.shown > interval else {
                return false
            }
            state.shown = .now
            state.stage = progress.stage
            return true
        }
        guard isDue else { return }
        if let directory, let data = try? JSONEncoder().encode(progress) {
            try? directory.write(data, to: directory.progressPath)
        }
        guard !isQuiet else { return }
        let line =
            isTerminal ? "\r\u{1B}[K\(progress.line)\(isEnd ? "\n" : "")" : progress.line + "\n"
        FileHandle.standardError.write(Data(line.utf8))
    }
}
