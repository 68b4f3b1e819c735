import Foundation
import Pipeline
import RunConfiguration
import Runs
import Tasks
import Training

/// A search in this process, from packing to the last candidate.
struct SearchSession {
    private let configuration: RunConfiguration
    private let directory: RunDirectory
    private let lock: RunLock
    private let progress: TerminalProgress
    private let briefing: WorkerBriefing
    private let stage: SearchStage
    private let auditShare: Double
    private let protection: FleetProtection
    private let stop = StopFlag()
    private let checkpoint = StopFlag()

    /// A search of a run directory, new or resumed.
    ///
    /// - Parameters:
    ///   - configuration: The run's settings.
    ///   - directory: Its folder.
    ///   - folder: The run file's folder, which the lists' names are relative to.
    ///   - shards: The folder of the shards.
    ///   - resumes: Whether a run that exists may be continued.
    ///   - traces: Whether every step is written to the trace.
    ///   - savePace: When states are saved.
    ///   - auditShare: The share of tasks that two workers compute.
    ///   - protection: What keeps strangers away from the coordinator.
    /// - Throws: What is wrong with the data, the run directory or the network, in words.
    init(
        configuration: RunConfiguration, directory: RunDirectory, folder: String, shards: String,
        resumes: Bool, traces: Bool, savePace: SavePace = SavePace(),
        auditShare: Double = 0.01, protection: FleetProtection = FleetProtection()
    ) throws {
        self.configuration = configuration
        self.protection = protection
        self.directory = directory
        try directory.prepare(for: configuration, resuming: resumes)
        lock = try directory.lock()
        try directory.settle(numerics: NumericsFingerprint.measured(), of: .search)
        try directory.write(
            RunOrigin(
                folder: URL(fileURLWithPath: folder).path,
                shards: URL(fileURLWithPath: shards).path))
        progress = TerminalProgress(directory: directory)
        let data = try PreparedData(
            packing: configuration, folder: folder, shards: shards, report: progress.update)
        for warning in data.warnings + data.findings {
            FileHandle.standardError.write(Data("warning: \(warning)\n".utf8))
        }
        briefing = try WorkerBriefing(configuration: configuration, data: data)
        try directory.begin(configuration)
        stage = try SearchStage(
            configuration: configuration, directory: directory, weightScans: data.weightScans,
            alphaScans: data.alphaScans, labels: data.labels, traces: traces,
            savePace: savePace)
        self.auditShare = auditShare
    }

    /// A search as the command line asks for it.
    init(_ options: RunOptions, protection: ProtectionOptions) throws {
        let configuration = try options.configuration()
        let directory = options.directory(of: configuration)
        try self.init(
            configuration: configuration, directory: directory,
            folder: voxelnas.folder(of: options.runFile),
            shards: options.shardsFolder(of: configuration, in: directory),
            resumes: options.resume, traces: options.trace,
            savePace: SavePace(interval: .seconds(options.saveEvery)),
            auditShare: options.audit / 100,
            protection: protection.protection)
    }

    /// Searches to the end in this process.
    func runHere() async throws {
        try await run(on: Fleet(here: briefing, directory: directory))
    }

    /// Searches to the end with workers.
    func run(workers: Int, listening address: ListeningAddress) async throws {
        let fleet = try Fleet(
            listening: briefing, part: "search", workers: workers, address: address,
            directory: directory, auditShare: auditShare, protection: protection, stop: stop,
            checkpoint: checkpoint)
        if let endpoint = fleet.endpoint {
            let key = protection.keys == nil ? "" : " --key KEYFILE"
            FileHandle.standardError.write(
                Data("workers may join: voxelnas worker --connect tcp://\(endpoint)\(key)\n".utf8))
        }
        try await run(on: fleet)
    }

    private func run(on fleet: Fleet) async throws {
        let interruption = Interruption(stop)
        defer { withExtendedLifetime((interruption, lock)) {} }
        do {
            let state = try await stage.run(
                on: fleet, stop: stop, checkpoint: checkpoint, report: progress.update
            ) { text in
                FileHandle.standardError.write(Data("note: \(text)\n".utf8))
            }
            await fleet.close(reason: "the search has ended")
            FileHandle.standardError.write(
                Data("state root after step \(state.step): \(state.root)\n".utf8))
        } catch {
            await fleet.close(reason: "the search was stopped")
            throw error
        }
    }
}
