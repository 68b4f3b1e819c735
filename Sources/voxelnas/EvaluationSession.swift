import CTData
import Foundation
import Pipeline
import RunConfiguration
import Runs
import Tasks
import Training

/// An evaluation in this process: trainings by a fleet, the report at the end.
struct EvaluationSession {
    private let configuration: RunConfiguration
    private let directory: RunDirectory
    private let lock: RunLock
    private let progress: TerminalProgress
    private let data: PreparedData
    private let briefing: WorkerBriefing
    private let stop = StopFlag()

    /// An evaluation of a run.
    ///
    /// - Parameters:
    ///   - directory: A run whose search has ended or was stopped.
    ///   - folder: The run file's folder, which the lists' names are relative to.
    ///   - shards: The folder of the shards.
    /// - Throws: What is wrong with the data, the run directory or the network, in words.
    init(directory: RunDirectory, folder: String, shards: String) throws {
        configuration = try directory.configuration()
        self.directory = directory
        lock = try directory.lock()
        try directory.settle(numerics: NumericsFingerprint.measured(), of: .evaluation)
        progress = TerminalProgress(directory: directory)
        data = try PreparedData(
            packing: configuration, folder: folder, shards: shards, report: progress.update)
        briefing = try WorkerBriefing(configuration: configuration, data: data)
    }

    /// Evaluates, and writes report, predictions, models and activation maps.
    ///
    /// - Parameters:
    ///   - workers: Worker processes to start here; 0 computes in this process.
    ///   - scans: Identifiers of scans to explain; the first of the test list when empty.
    /// - Returns: The path of the report, and those of the activation maps.
    /// - Throws: What is wrong with the data, the run directory or the network, in words.
    func run(workers: Int, explaining scans: [String]) async throws -> (
        report: String, maps: [String]
    ) {
        let interruption = Interruption(stop)
        defer { withExtendedLifetime((interruption, lock)) {} }
        let explained = try explainedScans(scans)
        let stage = try EvaluationStage(
            configuration: configuration, directory: directory, data: data)
        let fleet =
            workers == 0
            ? try Fleet(here: briefing, directory: directory)
            : try Fleet(
                listening: briefing, part: "evaluation", workers: workers,
                address: ListeningAddress(host: "127.0.0.1", port: 0), directory: directory,
                stop: stop)
        let outcome: EvaluationStage.Outcome
        do {
            outcome = try await stage.run(on: fleet, stop: stop, report: progress.update)
            await fleet.close(reason: "the evaluation has ended")
        } catch {
            await fleet.close(reason: "the evaluation was stopped")
            throw error
        }
        let artifacts = EvaluationArtifacts(
            stage: stage, outcome: outcome, intensities: briefing.statistics[.evaluation])
        try artifacts.write()
        let runner = try briefing.taskRunner(threads: 1)
        let maps = try explained.map { try artifacts.writeActivationMap(ofScan: $0, with: runner) }
        return (directory.evaluationPath + "/report.md", maps)
    }

    private func explainedScans(_ names: [String]) throws -> [Int] {
        guard !names.isEmpty else {
            // The positive scans first: they are what a reader wants to see explained.
            let list = data.testScans.isEmpty ? data.validationScans : data.testScans
            let positive = list.filter {
                data.scans[$0].classIndex == configuration.positiveClass
            }
            let rest = list.filter { data.scans[$0].classIndex != configuration.positiveClass }
            let count = configuration.evaluation.activationMaps
            return Array((positive.prefix((count + 1) / 2) + rest).prefix(count))
        }
        return try names.map { name in
            guard let index = data.scans.firstIndex(where: { $0.id == name }) else {
                throw UnknownScan(name: name, example: data.scans.first?.id ?? "")
            }
            return index
        }
    }
}

/// A scan was asked for that the run has not.
struct UnknownScan: Error, CustomStringConvertible {
    let name: String
    let example: String

    var description: String {
        "no scan '\(name)' in this run; identifiers look like '\(example)'"
    }
}
