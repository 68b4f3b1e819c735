import Runs
import RunConfiguration
import Models
import CTData
package import Evaluation
import Foundation
package import SearchSpaces
package import Tasks
import Tensors
package import Training

extension EvaluationStage {
    /// What an evaluation ends with.
    package struct Outcome: Sendable {
        /// The report.
        package let report: EvaluationReport
        /// The chosen network.
        package let architecture: Architecture
        /// Its trainings, one per seed.
        package let trainings: [TrainedNetwork]
        /// Test predictions of every model, by model name and seed.
        package let predictions: [TestPredictions]
    }

    /// Predictions of one training on the test list.
    package struct TestPredictions: Sendable {
        /// The model, such as `found`.
        package let model: String
        /// The training's seed, counted from 1.
        package let seed: Int
        /// Which weights.
        package let checkpoint: String
        /// The predictions.
        package let predictions: Predictions
    }

    /// Chooses, retrains, and opens the test list once.
    ///
    /// - Throws: ``StoppedOnRequest``, or what stops the run.
    package func run(
        on executor: some RoundExecutor, stop: StopFlag,
        report: @escaping @Sendable (StageProgress) -> Void
    ) async throws -> Outcome {
        var timings: [EvaluationReport.Timing] = []
        let clock = ContinuousClock()
        var start = clock.now
        func timed(_ stage: String) {
            timings.append(.init(stage, clock.now - start))
            start = clock.now
        }
        let ranked = try await rankCandidates(
            on: executor, stop: stop, report: report)
        timed("candidates")
        guard let winner = ranked.first, let chosen = Architecture(code: winner.code) else {
            preconditionFailure("ranking gives one candidate or more")
        }
        var trained: [(entrant: Entrant, networks: [TrainedNetwork])] = []
        for entrant in entrants(chosen) {
            var networks: [TrainedNetwork] = []
            for seed in 0..<entrant.seeds {
                networks.append(
                    try await self.trained(
                        name: "\(entrant.name)-\(seed + 1)", architecture: entrant.architecture,
                        epochs: configuration.evaluation.epochs,
                        seed: configuration.seed &+ UInt64(seed), volumes: entrant.volumes,
                        on: executor, stop: stop, report: report))
            }
            trained.append((entrant, networks))
            timed(entrant.name)
        }
        // From here on nothing is chosen any more: the test list is opened, for all at once.
        let openings = data.testScans.isEmpty ? 0 : try directory.noteTestOpening()
        var predictions: [TestPredictions] = []
        for (entrant, networks) in trained where !data.testScans.isEmpty {
            for (index, network) in networks.enumerated() {
                for (checkpoint, weights) in [
                    ("best-validation", network.best), ("last", network.last),
                ] {
                    predictions.append(
                        TestPredictions(
                            model: entrant.name, seed: index + 1, checkpoint: checkpoint,
                            predictions: try await self.predictions(
                                of: weights, name: "\(entrant.name)-\(index + 1)",
                                architecture: network.architecture, volumes: entrant.volumes,
                                scans: data.testScans, on: executor)))
                }
            }
        }
        timed("test")
        let found = trained.first { $0.entrant.name == Self.foundName }?.networks ?? []
        let outcome = try EvaluationReportBuilder(stage: self, ranked: ranked).report(
            trainings: trained.map { ($0.entrant.name, $0.entrant.note, $0.networks) },
            predictions: predictions, openings: openings, timings: timings)
        return Outcome(
            report: outcome, architecture: chosen, trainings: found, predictions: predictions)
    }

    /// The name of the found network among the models.
    static let foundName = "found"

    private func entrants(_ chosen: Architecture) -> [Entrant] {
        let settings = configuration.evaluation
        var entrants = [
            Entrant(
                name: Self.foundName, architecture: chosen, volumes: .evaluation,
                seeds: settings.seeds, note: "the network that the search found")
        ]
        entrants += settings.fixedNetworks.compactMap { entrant(named: $0) }
        if settings.paddingControl {
            entrants.append(
                Entrant(
                    name: "padding-only", architecture: chosen, volumes: .evaluationPadding,
                    seeds: 1, note: "the found network on padding masks alone: a leak control"))
        }
        return entrants
    }
}
