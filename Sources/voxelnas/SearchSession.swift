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

    init(configuration: RunConfiguration, directory: RunDirectory, options: RunOptions) async throws
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

    /// Searches to the end.
    func run(workers: Int, listening address: String? = nil) async throws {
        let interruption = Interruption(stop)
        defer { withExtendedLifetime((interruption, lock)) {} }
        let fleet = try await Fleet(
            briefing: briefing, workers: workers, directory: directory,
            address: address ?? configuration.deployment.address)
        do {
            _ = try await stage.run(on: fleet, stop: stop, report: progress.update)
        } catch {
            await fleet.close()
            throw error
        }
        await fleet.close()
    }
}
