import Pipeline
import RunConfiguration
import Runs
import Tasks
import TestSupport
import Testing
import ToySearch
import Training

@Suite("The search stage")
struct SearchStageTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func stage(_ name: String, _ overrides: [String]) throws -> SearchStage {
        var configuration = try ToySearch.configuration()
        configuration.search.epochs = 6
        configuration.search.recordEvery = 4
        for text in overrides {
            switch text {
            case "delay": configuration.search.delay = 2
            default: configuration.search.staleness = 2
            }
        }
        let directory = RunDirectory(path: folder.file(name))
        try directory.prepare(for: configuration, resuming: true)
        try directory.begin(configuration)
        return try SearchStage(
            configuration: configuration, directory: directory, weightScans: Array(0..<32),
            alphaScans: Array(32..<64), labels: ToySearch.Volumes().labels)
    }

    /// Runs to the end, or until so many steps are logged.
    private func run(_ stage: SearchStage, stopAfter steps: Int? = nil) async throws -> SearchState
    {
        let executor = LocalRoundExecutor(try ToySearch.runner(stage.configuration))
        let stop = StopFlag()
        return try await stage.run(
            on: executor, stop: stop,
            report: { if let steps, $0.done >= steps { stop.set() } }, remark: { _ in })
    }

    @Test("ends in the same state with a delay, stopped and resumed or not", arguments: [1, 3, 5])
    func delayed(steps: Int) async throws {
        let whole = try await run(stage("whole", ["delay"]))
        let stopped = try stage("stopped-\(steps)", ["delay"])
        await #expect(throws: StoppedOnRequest.self) { try await run(stopped, stopAfter: steps) }
        let resumed = try await run(stopped)
        #expect(resumed.root == whole.root)
        #expect(resumed.supernet.parameters == whole.supernet.parameters)
        let exact = try await run(stage("exact", []))
        #expect(exact.root != whole.root)
        #expect(stopped.directory.loggedRoots.map(\.root).last == whole.root.description)
    }

    @Test("computes delayed steps again to the same roots")
    func replayed() async throws {
        let stage = try stage("replayed", ["delay"])
        _ = try await run(stage)
        let outcome = try await SearchReplay(of: stage).verify(
            1...5, on: LocalRoundExecutor(try ToySearch.runner(stage.configuration)),
            report: { _ in })
        #expect(outcome.differsAt == nil)
        #expect(outcome.compared == 6)
    }

    @Test("ends with bounded staleness, goes on after a stop, and says what it is")
    func stale() async throws {
        let stage = try stage("stale", ["staleness"])
        await #expect(throws: StoppedOnRequest.self) { try await run(stage, stopAfter: 3) }
        let state = try await run(stage)
        #expect(state.step == 6 && state.closedEpochs == 6)
        #expect(stage.configuration.search.caution?.contains("NOT REPRODUCIBLE") == true)
        await #expect(throws: ConfigurationError.self) {
            try await SearchReplay(of: stage).verify(
                0...1, on: LocalRoundExecutor(try ToySearch.runner(stage.configuration)),
                report: { _ in })
        }
    }
}
