import FailPoints
import Foundation
import Journal

/// The files that a search writes behind its steps, all as long as what was last synced or longer.
final class LogFiles {
    private let directory: RunDirectory
    private let obstruction: AppendingFile.Obstruction
    private var log: AppendingFile
    private var roots: AppendingFile
    private var trace: AppendingFile?
    private var poison: AppendingFile?

    init(
        directory: RunDirectory, round: UInt64, missing: [LoggedRoot], traces: Bool,
        obstruction: @escaping AppendingFile.Obstruction
    ) throws(JournalError) {
        self.directory = directory
        self.obstruction = obstruction
        // Whatever such a file holds could not be read, or it would have been replayed.
        log = try AppendingFile(
            path: directory.segmentPath(round), keeping: 0, obstruction: obstruction)
        roots = try AppendingFile(
            path: directory.rootsPath, keeping: directory.wholeRootBytes, obstruction: obstruction)
        trace =
            traces
            ? try AppendingFile(path: directory.tracePath, obstruction: obstruction) : nil
        for root in missing { try roots.append(root.line) }
        try roots.sync()
        try Folders.sync(directory.logPath)
    }

    /// Writes entries and syncs them, or leaves every file as it was.
    func write(
        _ entries: [SearchLog.Entry], _ frames: [[UInt8]]
    ) throws(JournalError) {
        let lengths = (log.length, roots.length, trace?.length ?? 0, poison?.length ?? 0)
        do throws(JournalError) {
            FailPoint.logBeforeWriting.pass()
            for (entry, frame) in zip(entries, frames) {
                // Lines of a step that is not in the log are dropped at the next start; a step in
                // the log without its lines would stay without them.
                if !entry.traceLine.isEmpty { try trace?.append(entry.traceLine) }
                if !entry.poisonLines.isEmpty {
                    if poison == nil {
                        poison = try AppendingFile(
                            path: directory.poisonPath, obstruction: obstruction)
                    }
                    try poison?.append(entry.poisonLines)
                }
                try log.append(frame.prefix(frame.count / 2))
                FailPoint.logHalfWritten.pass()
                try log.append(frame.dropFirst(frame.count / 2))
            }
            FailPoint.logWritten.pass()
            try log.sync()
            FailPoint.logSynced.pass()
            for entry in entries { try roots.append(entry.rootLine) }
            FailPoint.rootsWritten.pass()
            try roots.sync()
        } catch {
            log.truncate(to: lengths.0)
            roots.truncate(to: lengths.1)
            trace?.truncate(to: lengths.2)
            poison?.truncate(to: lengths.3)
            throw error
        }
    }

    /// Goes on in a new file, and removes those that no saved state needs.
    func begin(at round: UInt64, keepingFrom oldest: UInt64) throws(JournalError) {
        if log.path != directory.segmentPath(round) {
            log = try AppendingFile(
                path: directory.segmentPath(round), keeping: 0, obstruction: obstruction)
            try Folders.sync(directory.logPath)
        }
        let starts = directory.segments
        for (start, next) in zip(starts, starts.dropFirst()) where next <= oldest {
            try? FileManager.default.removeItem(atPath: directory.segmentPath(start))
        }
    }
}

extension RunDirectory {
    /// The folder of the log.
    package var logPath: String { path + "/log" }

    /// The part of the log that begins after a number of rounds.
    package func segmentPath(_ round: UInt64) -> String {
        let digits = String(round)
        return "\(logPath)/round-\(String(repeating: "0", count: max(0, 10 - digits.count)))"
            + "\(digits).log"
    }

    /// Where the parts of the log begin, in rounds, from the oldest on.
    package var segments: [UInt64] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: logPath)) ?? []
        return names.compactMap { name in
            guard name.hasPrefix("round-"), name.hasSuffix(".log") else { return nil }
            return UInt64(name.dropFirst(6).dropLast(4))
        }.sorted()
    }

    /// The parts of the log that lead on from a state: those before it are not read.
    ///
    /// - Parameter round: Rounds done.
    /// - Returns: Where they begin, from the oldest on.
    package func segments(from round: UInt64) -> [UInt64] {
        let all = segments
        let first = all.lastIndex { $0 <= round } ?? all.startIndex
        return Array(all[first...])
    }
}
