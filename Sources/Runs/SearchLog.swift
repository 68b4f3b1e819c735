import Dispatch
import FailPoints
import Foundation
package import Journal
import Synchronization

/// What a search leaves behind while it runs, written by a thread of its own: the log of its steps,
/// their roots, the trace, poison, and saved states.
///
/// Steps are written behind: a crash loses those of the last second, or the last two when steps take
/// longer, and they are computed again to the same bits. A full or failing disk pauses the search
/// and says so; nothing is dropped.
package final class SearchLog: Sendable {
    /// A step, or the scoring of candidates.
    package struct Entry: Sendable {
        /// Makes the log's record, on the log's thread.
        package let frame: @Sendable () -> LogFrame
        /// The line of `roots.jsonl`; empty when the file has it.
        package let rootLine: [UInt8]
        /// The line of the trace; may be empty.
        package let traceLine: [UInt8]
        /// Lines of `poison.jsonl`; may be empty.
        package let poisonLines: [UInt8]
        /// How long it took to apply what happened; a restart does it again.
        package let applying: Duration

        /// An entry.
        package init(
            frame: @escaping @Sendable () -> LogFrame, rootLine: [UInt8] = [],
            traceLine: [UInt8] = [], poisonLines: [UInt8] = [], applying: Duration = .zero
        ) {
            self.frame = frame
            self.rootLine = rootLine
            self.traceLine = traceLine
            self.poisonLines = poisonLines
            self.applying = applying
        }
    }

    private enum Job: Sendable {
        case entry(Entry, queuedAt: ContinuousClock.Instant)
        case checkpoint(Checkpoint, CheckpointManifest)
    }

    private struct State {
        var jobs: [Job] = []
        var entriesUnderWay = 0
        var oldest: ContinuousClock.Instant?
        var isWriting = false
        var isClosed = false
        var hasEnded = false
        var complaint: String?
        var failure: JournalError?
        var savedAt = ContinuousClock.now
        var saving = Duration.zero
        /// Of what was logged since the last saved state.
        var replay: Duration
    }

    private let state: Mutex<State>
    private let signal = DispatchSemaphore(value: 0)
    private let directory: RunDirectory
    private let report: @Sendable (String) -> Void
    private let obstruction: AppendingFile.Obstruction

    /// Opens the log of a run behind what is known of it, and starts its thread.
    ///
    /// - Parameters:
    ///   - directory: The run.
    ///   - round: Rounds done.
    ///   - step: Steps done; the trace and the list of poison keep what is of earlier ones.
    ///   - missing: Roots that were read from the log and that `roots.jsonl` has not.
    ///   - replayed: How long it took to apply the log behind the last saved state.
    ///   - traces: Whether there is a trace.
    ///   - report: Told, once each, of what pauses the search and that it goes on.
    ///   - obstruction: Makes calls fail in tests.
    /// - Throws: `JournalError` or ``RunError``.
    package init(
        of directory: RunDirectory, round: UInt64, step: Int, missing: [LoggedRoot] = [],
        replayed: Duration = .zero, traces: Bool,
        report: @escaping @Sendable (String) -> Void,
        obstruction: @escaping AppendingFile.Obstruction = { _ in nil }
    ) throws {
        state = Mutex(State(replay: replayed))
        self.directory = directory
        self.report = report
        self.obstruction = obstruction
        try directory.createFolder(directory.logPath)
        try Self.keepLines(before: step, of: directory.poisonPath, in: directory)
        if traces { try Self.keepLines(before: step, of: directory.tracePath, in: directory) }
        let files = try LogFiles(
            directory: directory, round: round, missing: missing, traces: traces,
            obstruction: obstruction)
        let box = FilesBox(files)
        let thread = Thread { [self] in run(box) }
        thread.name = "voxelnas-log"
        thread.stackSize = 4 << 20
        thread.start()
    }

    /// Takes an entry; waits while the log is more than a second and two entries behind.
    ///
    /// - Parameters:
    ///   - entry: What happened.
    ///   - shouldStop: Asked while the disk cannot be written to.
    /// - Throws: `JournalError` when waiting does not help, or the search shall stop.
    package func append(_ entry: Entry, shouldStop: @Sendable () -> Bool = { false }) async throws {
        state.withLock { state in
            state.jobs.append(.entry(entry, queuedAt: .now))
            state.entriesUnderWay += 1
            if state.oldest == nil { state.oldest = .now }
        }
        signal.signal()
        try await wait(shouldStop) { state in
            guard state.entriesUnderWay >= 2, let oldest = state.oldest else { return true }
            return ContinuousClock.now - oldest < .seconds(1)
        }
    }

    /// Saves a state behind the entries that were given before, without waiting for it.
    package func save(_ checkpoint: Checkpoint, _ manifest: CheckpointManifest) {
        state.withLock { state in
            state.jobs.append(.checkpoint(checkpoint, manifest))
            state.replay = .zero
            state.savedAt = .now
        }
        signal.signal()
    }

    /// Whether it is time for a saved state.
    package func wantsCheckpoint(_ pace: SavePace) -> Bool {
        state.withLock { state in
            !state.jobs.contains { if case .checkpoint = $0 { true } else { false } }
                && pace.isDue(
                    age: .now - state.savedAt, replay: state.replay, saving: state.saving)
        }
    }

    /// Why nothing can be written now, or `nil`.
    package var complaint: String? { state.withLock(\.complaint) }

    /// Waits until everything is on the disk, and ends the thread.
    ///
    /// - Throws: `JournalError` when waiting does not help, or the search shall stop.
    package func close(shouldStop: @Sendable () -> Bool = { false }) async throws {
        state.withLock { $0.isClosed = true }
        signal.signal()
        try await wait(shouldStop) { $0.hasEnded }
    }

    private func wait(
        _ shouldStop: @Sendable () -> Bool, until isDone: @Sendable (State) -> Bool
    ) async throws {
        while true {
            let (done, failure, complaint) = state.withLock { state in
                (isDone(state), state.failure, state.complaint)
            }
            if let failure { throw failure }
            if done { return }
            if let complaint, shouldStop() { throw RunError.unfinished(reason: complaint) }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    // MARK: The thread

    private func run(_ box: FilesBox) {
        while true {
            signal.wait()
            while let jobs = takeJobs() {
                for job in jobs {
                    guard case .checkpoint(let checkpoint, let manifest) = job else { continue }
                    let start = ContinuousClock.now
                    attempt { () throws(JournalError) in
                        let oldest = try CheckpointStore(of: directory).write(checkpoint, manifest)
                        try box.files.begin(
                            at: manifest.logged ?? manifest.round, keepingFrom: oldest)
                    }
                    state.withLock { $0.saving = .now - start }
                }
                let entries = jobs.compactMap { job -> Entry? in
                    if case .entry(let entry, _) = job { entry } else { nil }
                }
                guard !entries.isEmpty else { continue }
                let frames = entries.map { $0.frame().bytes }
                attempt { () throws(JournalError) in try box.files.write(entries, frames) }
                state.withLock { state in
                    state.entriesUnderWay -= entries.count
                    state.replay += entries.reduce(
                        SavePace.reading(bytes: frames.reduce(0) { $0 + $1.count })
                    ) { $0 + $1.applying }
                    state.oldest =
                        state.jobs.lazy.compactMap { job in
                            if case .entry(_, let queuedAt) = job { queuedAt } else { nil }
                        }.first
                }
            }
            let isOver = state.withLock { state in
                if state.isClosed && state.jobs.isEmpty || state.failure != nil {
                    state.hasEnded = true
                }
                return state.hasEnded
            }
            if isOver { return }
        }
    }

    /// Entries up to the next saved state, or that state alone.
    private func takeJobs() -> [Job]? {
        state.withLock { state in
            guard state.failure == nil, let first = state.jobs.first else { return nil }
            if case .checkpoint = first { return [state.jobs.removeFirst()] }
            let count =
                state.jobs.firstIndex { if case .checkpoint = $0 { true } else { false } }
                ?? state.jobs.count
            defer { state.jobs.removeFirst(count) }
            return Array(state.jobs[..<count])
        }
    }

    /// Repeats what fails for want of room or by the disk, until it succeeds.
    private func attempt(_ work: () throws(JournalError) -> Void) {
        var isPaused = false
        while true {
            do throws(JournalError) {
                try work()
                if isPaused {
                    state.withLock { $0.complaint = nil }
                    report("writing works again; the search goes on")
                }
                return
            } catch {
                guard error.mayPass else {
                    return state.withLock { $0.failure = error }
                }
                if !isPaused {
                    isPaused = true
                    let text = "\(error); the search pauses until this file can be written"
                    state.withLock { $0.complaint = text }
                    report(text)
                }
                Thread.sleep(forTimeInterval: 0.25)
            }
        }
    }

    /// Drops lines of steps that come again, and a line that was torn.
    private static func keepLines(
        before step: Int, of path: String, in directory: RunDirectory
    ) throws {
        guard let data = FileManager.default.contents(atPath: path) else { return }
        struct Line: Decodable { let step: Int }
        let kept = data.split(separator: UInt8(ascii: "\n")).filter { line in
            ((try? JSONDecoder().decode(Line.self, from: line))?.step).map { $0 < step } ?? false
        }
        let text = kept.reduce(into: Data()) { $0 += $1 + Data("\n".utf8) }
        if text != data { try directory.write(text, to: path) }
    }
}

/// Guarantee: only the log's thread uses the files after the start.
private final class FilesBox: @unchecked Sendable {
    let files: LogFiles
    init(_ files: LogFiles) { self.files = files }
}
