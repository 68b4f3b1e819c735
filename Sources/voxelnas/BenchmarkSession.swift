import Evaluation
import Foundation
import Pipeline
import RunConfiguration
import Runs
import Training

/// A benchmark in this process: trainings by a fleet, the table at the end.
struct BenchmarkSession {
    private let configuration: RunConfiguration
    private let directory: RunDirectory
    private let lock: RunLock
    private let progress: TerminalProgress
    private let briefing: WorkerBriefing
    private let stage: EvaluationStage
    private let stop = StopFlag()

    /// A benchmark in a run directory, new or of a run that searched with the same run file.
    ///
    /// - Throws: What is wrong with the data or the run directory, in words.
    init(_ options: RunOptions) throws {
        configuration = try options.configuration()
        directory = options.directory(of: configuration)
        let folder = voxelnas.folder(of: options.runFile)
        let shards = options.shardsFolder(of: configuration, in: directory)
        // What is there is gone on with: trainings are kept by their settings.
        try directory.prepare(for: configuration, resuming: true)
        lock = try directory.lock()
        try directory.settle(numerics: NumericsFingerprint.measured(), of: .evaluation)
        try directory.write(
            RunOrigin(
                folder: URL(fileURLWithPath: folder).path,
                shards: URL(fileURLWithPath: shards).path))
        progress = TerminalProgress(directory: directory)
        let data = try PreparedData(
            packing: configuration, folder: folder, shards: shards, report: progress.update)
        for warning in data.warnings {
            FileHandle.standardError.write(Data("warning: \(warning)\n".utf8))
        }
        briefing = try WorkerBriefing(configuration: configuration, data: data)
        try directory.begin(configuration)
        stage = try EvaluationStage(
            configuration: configuration, directory: directory, data: data)
    }

    /// The folder of the results.
    private var folder: String { directory.path + "/benchmark" }

    /// Trains, tests, and writes table and predictions; a benchmark that was finished with the same
    /// networks is read from disk, without opening the test list again.
    ///
    /// - Parameters:
    ///   - names: The networks; the found one and `evaluation.fixedNetworks` when empty.
    ///   - workers: Worker processes to start here; 0 computes in this process.
    /// - Returns: The table, and the path of its text.
    /// - Throws: What is wrong with the networks, the data or the run, in words.
    func run(
        networks names: [String], workers: Int
    ) async throws -> (table: BenchmarkTable, path: String) {
        let interruption = Interruption(stop)
        defer { withExtendedLifetime((interruption, lock)) {} }
        let names = try self.names(names)
        let key = [configuration.digest, stage.data.fingerprint] + names
        if let finished = finished(key) { return (finished, folder + "/benchmark.md") }
        // Names are checked before anything is trained.
        _ = try stage.entrants(named: names.filter { $0 != "found" }, found: nil)
        let fleet =
            workers == 0
            ? try Fleet(here: briefing, directory: directory)
            : try Fleet(
                listening: briefing, part: "evaluation", workers: workers,
                address: ListeningAddress(host: "127.0.0.1", port: 0), directory: directory,
                stop: stop)
        let benchmark: EvaluationStage.Benchmark
        do {
            let found =
                names.contains("found")
                ? try await stage.rankCandidates(
                    on: fleet, stop: stop, report: progress.update
                ).first : nil
            benchmark = try await stage.benchmark(
                stage.entrants(named: names, found: found), on: fleet, stop: stop,
                report: progress.update)
            await fleet.close(reason: "the benchmark has ended")
        } catch {
            await fleet.close(reason: "the benchmark was stopped")
            throw error
        }
        try directory.createFolder(folder)
        try directory.write(
            Data(benchmark.table.markdown().utf8), to: folder + "/benchmark.md")
        try directory.write(
            Data(TestPredictionsTable(benchmark.predictions).csv.utf8),
            to: folder + "/predictions.csv")
        try directory.write(benchmark.table.json(), to: folder + "/benchmark.json")
        try directory.write(JSONEncoder().encode(key), to: folder + "/key.json")
        return (benchmark.table, folder + "/benchmark.md")
    }

    private func names(_ given: [String]) throws -> [String] {
        let hasArchive = FileManager.default.fileExists(atPath: directory.archivePath)
        if given.contains("found"), !hasArchive {
            throw RunError.damaged(
                path: directory.path,
                reason: "no search has run here, so there is no found network; run `voxelnas "
                    + "search` with this run file and --output, or leave 'found' out")
        }
        var seen: Set<String> = []
        let names =
            (given.isEmpty
            ? (hasArchive ? ["found"] : []) + configuration.evaluation.fixedNetworks : given)
            .filter { seen.insert($0).inserted }
        guard !names.isEmpty else {
            throw ConfigurationError.invalid(
                field: "--networks", found: "nothing",
                expected: "names such as found,k3e3,mc3-18, or evaluation.fixedNetworks in the run "
                    + "file")
        }
        return names
    }

    private func finished(_ key: [String]) -> BenchmarkTable? {
        guard
            let data = try? Data(contentsOf: URL(fileURLWithPath: folder + "/key.json")),
            (try? JSONDecoder().decode([String].self, from: data)) == key,
            let json = try? Data(contentsOf: URL(fileURLWithPath: folder + "/benchmark.json"))
        else { return nil }
        return try? BenchmarkTable(json: json)
    }
}
