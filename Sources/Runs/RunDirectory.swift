package import Foundation
package import RunConfiguration

/// What is wrong with a run directory, and what to do about it.
package enum RunError: Error, Hashable, Sendable, CustomStringConvertible {
    case notARun(path: String)
    case exists(path: String)
    case locked(path: String)
    case unwritable(path: String, reason: String)
    case otherConfiguration(path: String, found: String, expected: String)
    case otherNumerics(path: String, part: RunPart, found: String, noted: String)
    case damaged(path: String, reason: String)
    case otherRoot(path: String, step: Int, found: String, logged: String)
    case unfinished(reason: String)
    case noSuchSteps(path: String, wanted: ClosedRange<Int>, known: Int)

    package var description: String {
        switch self {
        case .notARun(let path):
            "\(path): not a run directory (no configuration.json); give the folder that "
                + "`voxelnas search` printed"
        case .exists(let path):
            "\(path): holds a run already; go on with --resume, or choose another folder with "
                + "--output"
        case .locked(let path):
            "\(path): another process works on this run; stop it first"
        case .unwritable(let path, let reason):
            "\(path): cannot be written: \(reason)"
        case .otherConfiguration(let path, let found, let expected):
            "\(path): was started with configuration \(found.prefix(12)), the run file has "
                + "\(expected.prefix(12)); use the same run file, or another --output"
        case .otherNumerics(let path, let part, let found, let noted):
            "\(path): its \(part.rawValue) was computed as '\(noted.prefix(12))', and this program on "
                + "this processor computes as '\(found.prefix(12))': the last bits would differ. Go on "
                + "with the version of voxelnas that began it, on a processor of that kind, or begin "
                + "a new run with another --output"
        case .damaged(let path, let reason):
            "\(path): damaged: \(reason)"
        case .otherRoot(let path, let step, let found, let logged):
            "\(path): step \(step) leads to state \(found.prefix(12)) now and led to "
                + "\(logged.prefix(12)) before; the program, the data or a processor is not what "
                + "it was. Nothing was changed. `voxelnas replay` finds the first step that differs"
        case .noSuchSteps(let path, let wanted, let known):
            "\(path): has roots of \(known) steps, counted from 0, and none of "
                + "\(wanted.lowerBound)..\(wanted.upperBound); ask for steps that are done"
        case .unfinished(let reason):
            "stopped before everything could be saved: \(reason); what is missing is computed "
                + "again by --resume"
        }
    }
}

/// The folder of one run and the names of what lies in it.
package struct RunDirectory: Hashable, Sendable {
    /// The folder.
    package let path: String

    /// The run of a folder, which need not exist.
    package init(path: String) {
        self.path = path
    }

    /// The settings that decide the result.
    package var configurationPath: String { path + "/configuration.json" }
    /// The archive of candidates.
    package var archivePath: String { path + "/archive.sqlite" }
    /// The saved states of the search.
    package var checkpointsPath: String { path + "/checkpoints" }
    /// Tasks that two workers could not get a sound result from, one JSON object a line.
    package var poisonPath: String { path + "/poison.jsonl" }
    /// The last saved state of the search; a link into ``checkpointsPath``.
    package var checkpointPath: String { path + "/search.safetensors" }
    /// What each search step sampled, one JSON object a line.
    package var tracePath: String { path + "/trace.jsonl" }
    /// What the search is doing now.
    package var progressPath: String { path + "/progress.json" }
    /// Where the coordinator listens, while it does.
    package var endpointPath: String { path + "/endpoint.json" }
    /// What happened to workers, leases and keys, a line each.
    package var eventsPath: String { path + "/events.jsonl" }
    /// Where admins on this machine ask, while a coordinator listens.
    package var adminSocketPath: String { path + "/admin.socket" }
    /// Packed volumes, unless the run file names another folder.
    package var shardsPath: String { path + "/shards" }
    /// Results of the evaluation.
    package var evaluationPath: String { path + "/evaluation" }
    /// A folder per search or training with numbers for TensorBoard.
    package var tensorBoardPath: String { path + "/tensorboard" }
    private var lockPath: String { path + "/lock" }

    /// Creates the folder for a run, or checks that it belongs to the same configuration.
    ///
    /// The configuration is written by ``begin(_:)``, once the run's inputs have been read, so that
    /// a start that failed leaves nothing in the way of the next one.
    ///
    /// - Parameters:
    ///   - configuration: The run's settings.
    ///   - resuming: Whether an existing run may be continued.
    /// - Throws: ``RunError``.
    package func prepare(for configuration: RunConfiguration, resuming: Bool) throws {
        try createFolder(path)
        guard FileManager.default.fileExists(atPath: configurationPath) else { return }
        let found = try self.configuration()
        guard found.digest == configuration.digest else {
            throw RunError.otherConfiguration(
                path: path, found: found.digest, expected: configuration.digest)
        }
        guard resuming else { throw RunError.exists(path: path) }
    }

    /// Makes the folder the run of a configuration.
    ///
    /// - Throws: ``RunError/unwritable(path:reason:)``.
    package func begin(_ configuration: RunConfiguration) throws {
        try write(Data(configuration.canonicalJSON.utf8), to: configurationPath)
    }

    /// The settings that the run was started with.
    ///
    /// - Throws: ``RunError`` or ``ConfigurationError``.
    package func configuration() throws -> RunConfiguration {
        guard FileManager.default.fileExists(atPath: configurationPath) else {
            throw RunError.notARun(path: path)
        }
        return try RunConfiguration(contentsOf: configurationPath)
    }

    /// Writes a file so that a reader sees the old contents or the new, never half of either.
    package func write(_ data: Data, to file: String) throws {
        do {
            try data.write(to: URL(fileURLWithPath: file), options: .atomic)
        } catch {
            throw RunError.unwritable(path: file, reason: error.localizedDescription)
        }
    }

    /// The number of times that a coordinator was started on this run, this time included.
    ///
    /// - Throws: ``RunError/unwritable(path:reason:)``.
    package func nextIncarnation() throws -> UInt32 {
        let file = path + "/incarnation"
        let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? "0"
        let next = (UInt32(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0) + 1
        try write(Data("\(next)\n".utf8), to: file)
        return next
    }

    /// Notes that predictions on the test list are about to be computed.
    ///
    /// - Returns: How often that has happened over the life of the run, this time included.
    /// - Throws: ``RunError/unwritable(path:reason:)``.
    package func noteTestOpening() throws -> Int {
        try createFolder(evaluationPath)
        let file = evaluationPath + "/test-openings"
        let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? "0"
        let next = (Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0) + 1
        try write(Data("\(next)\n".utf8), to: file)
        return next
    }

    /// Makes a folder and those above it.
    ///
    /// - Throws: ``RunError/unwritable(path:reason:)``.
    package func createFolder(_ folder: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw RunError.unwritable(path: folder, reason: error.localizedDescription)
        }
    }

    /// Takes the run for this process, until the lock is let go.
    ///
    /// - Throws: ``RunError/locked(path:)`` when another process has it.
    package func lock() throws -> RunLock {
        try RunLock(path: lockPath, run: path)
    }
}
