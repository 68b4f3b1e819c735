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
    private let stop = StopFlag()

    init(configuration: RunConfiguration, directory: RunDirectory, options: RunOptions) throws
    {
        self.configuration = configuration
        self.directory = directory
        try directory.prepare(for: configuration, resuming: options.resume)
        lock = try directory.lock()
        progress = TerminalProgress(directory: directory)
        let data = try PreparedData(
            packing: configuration, folder: folder(of: options.runFile),
            shards: options.shardsFolder(of: configuration, in: directory),
            report: progress.update)
        for warning in data.warnings {
            FileHandle.standardError.write(Data("warning: \(warning)\n".utf8))
        }
        briefing = try WorkerBriefing(configuration: configuration, data: data)
        try directory.write(Data(briefing.text.utf8), to: directory.briefingPath)
        stage = try SearchStage(
            configuration: configuration, directory: directory, weightScans: data.weightScans,
            alphaScans: data.alphaScans, labels: data.labels, traces: options.trace)
    }

    /// Searches to the end in this process.
    func runHere() async throws {
        try await run(on: Fleet(here: briefing, directory: directory))
    }

    /// Searches to the end with workers.
    func run(workers: Int, listening address: ListeningAddress) async throws {
        let fleet = try Fleet(
            listening: briefing, part: "search", workers: workers, address: address,
            directory: directory)
        if let endpoint = fleet.endpoint {
            FileHandle.standardError.write(
                Data("workers may join: voxelnas worker --connect tcp://\(endpoint)\n".utf8))
        }
        try await run(on: fleet)
    }

    private func run(on fleet: Fleet) async throws {
        let interruption = Interruption(stop)
        defer { withExtendedLifetime((interruption, lock)) {} }
        do {
            _ = try await stage.run(on: fleet, stop: stop, report: progress.update)
            await fleet.close(reason: "the search has ended")
        } catch {
            await fleet.close(reason: "the search was stopped")
            throw error
        }
    }
}
