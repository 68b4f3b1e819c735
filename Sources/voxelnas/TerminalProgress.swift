import Foundation
import Glibc
import Pipeline
import Runs
import Synchronization

/// Shows progress on a terminal, at most five times a second, and keeps `progress.json` current.
final class TerminalProgress: Sendable {
    private struct State {
        var shown = ContinuousClock.now - .seconds(10)
        var written = ContinuousClock.now - .seconds(10)
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
        let (isShown, isWritten) = state.withLock { state in
            let isNew = isEnd || progress.stage != state.stage
            let now = ContinuousClock.now
            let interval: Duration = isTerminal ? .milliseconds(200) : .seconds(10)
            let isShown = isNew || now - state.shown > interval
            let isWritten = isNew || now - state.written > .seconds(1)
            if isShown { state.shown = now }
            if isWritten { state.written = now }
            state.stage = progress.stage
            return (isShown, isWritten)
        }
        if isWritten, let directory, let data = try? JSONEncoder().encode(progress) {
            try? directory.write(data, to: directory.progressPath)
        }
        guard isShown else { return }
        guard !isQuiet else { return }
        let line =
            isTerminal ? "\r\u{1B}[K\(progress.line)\(isEnd ? "\n" : "")" : progress.line + "\n"
        FileHandle.standardError.write(Data(line.utf8))
    }
}
