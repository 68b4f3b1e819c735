import Graphs
import CTData
import Evaluation
import Models
import RunConfiguration
import SearchSpaces
import Tensors
import Training

/// Puts an evaluation's results into the report.
struct EvaluationReportBuilder {
    let stage: EvaluationStage
    let ranked: [EvaluationStage.TrainedCandidate]

    private var configuration: RunConfiguration { stage.configuration }
    private var data: PreparedData { stage.data }

    /// The report.
    ///
    /// - Throws: `EvaluationError` when logits are not finite.
    func report(
        trainings: [(name: String, note: String, networks: [TrainedNetwork])],
        predictions: [EvaluationStage.TestPredictions], openings: Int,
        timings: [EvaluationReport.Timing]
    ) throws -> EvaluationReport {
        var report = EvaluationReport(
            runName: configuration.name, data: description, classes: configuration.classNames,
            positiveClass: configuration.classNames[configuration.positiveClass],
            testOpenings: openings)
        report.caution = configuration.search.caution
        report.candidates = ranked.enumerated().map { place, candidate in
            let architecture = Architecture(code: candidate.code)
            let cost = architecture.map {
                stage.networks.graph(of: $0, input: configuration.evaluationInput.size).cost
            }
            return EvaluationReport.Candidate(
                code: candidate.code, supernetScore: -candidate.supernetLoss,
                shortTrainScore: candidate.areas.isEmpty ? nil : candidate.score,
                parameters: cost?.parameters,
                multiplyAccumulates: cost?.multiplyAdds, isChosen: place == 0)
        }
        for (name, note, networks) in trainings {
            let summaries = try networks.enumerated().map { index, network in
                try summarized(network, name: name, seed: index + 1, predictions: predictions)
            }
            if name == EvaluationStage.foundName {
                report.retrainings = summaries
            } else {
                report.baselines += zip(1..., summaries).compactMap { seed, training in
                    let chosen =
                        configuration.evaluation.checkpoint == .last
                        ? training.lastEpoch : training.bestValidation
                    return (chosen?.test).map {
                        EvaluationReport.Baseline(
                            name: "\(name), seed \(seed)", summary: $0, note: note)
                    }
                }
            }
        }
        if let trivial = TrivialBaseline(data: data, positiveClass: configuration.positiveClass) {
            report.baselines.append(trivial.baseline)
            report.leaks = trivial.leaks
        }
        report.comparisons = comparisons(of: trainings.map(\.name), predictions)
        report.timings = timings
        report.limits = [
            "Areas that single trivial features reach bound what a model may be credited with."
        ]
        return report
    }

    /// The found network against every other one, on the same scans, seed by seed.
    private func comparisons(
        of names: [String], _ predictions: [EvaluationStage.TestPredictions]
    ) -> [EvaluationReport.Comparison] {
        let chosen = predictions.filter {
            $0.checkpoint == configuration.evaluation.checkpoint.rawValue
        }
        let found = chosen.filter { $0.model == EvaluationStage.foundName }
        return names.filter { $0 != EvaluationStage.foundName }.flatMap { name in
            found.compactMap { own in
                chosen.first { $0.model == name && $0.seed == own.seed }.map { other in
                    EvaluationReport.Comparison(
                        name: "\(own.model) minus \(name), seed \(own.seed)", own.predictions,
                        other.predictions, positive: configuration.positiveClass,
                        plan: BootstrapPlan(
                            resamples: configuration.evaluation.bootstrapResamples,
                            seed: configuration.seed))
                }
            }
        }
    }

    private func summarized(
        _ network: TrainedNetwork, name: String, seed: Int,
        predictions: [EvaluationStage.TestPredictions]
    ) throws -> EvaluationReport.Retraining {
        func evaluated(_ weights: TrainedWeights, _ checkpoint: String) throws
            -> EvaluationReport.Evaluated
        {
            let validation = try Predictions(
                logits: weights.validationLogits,
                scans: data.validationScans.map { data.scans[$0] },
                classes: configuration.classNames, positiveClass: configuration.positiveClass)
            let test = predictions.first {
                $0.model == name && $0.seed == seed && $0.checkpoint == checkpoint
            }
            return EvaluationReport.Evaluated(
                epoch: weights.epoch, validation: summary(validation),
                test: (test?.predictions).map(summary))
        }
        return EvaluationReport.Retraining(
            seed: UInt64(seed), lastEpoch: try evaluated(network.last, "last"),
            bestValidation: try evaluated(network.best, "best-validation"))
    }

    private func summary(_ predictions: Predictions) -> MetricSummary {
        MetricSummary(
            of: predictions, positive: configuration.positiveClass,
            plan: BootstrapPlan(
                resamples: configuration.evaluation.bootstrapResamples, seed: configuration.seed))
    }

    private var description: EvaluationReport.DataDescription {
        func split(_ name: String, _ scans: [Int]) -> EvaluationReport.Split {
            EvaluationReport.Split(
                name: name, patients: Set(scans.map { data.scans[$0].patient }).count,
                scansPerClass: (0..<configuration.classCount).map { index in
                    scans.count { data.scans[$0].classIndex == index }
                })
        }
        return EvaluationReport.DataDescription(
            name: configuration.name,
            fingerprints: [
                .init("configuration", configuration.digest),
                .init("shards", data.fingerprint),
            ],
            splits: [
                split("D_T (weights in the search)", data.weightScans),
                split("D_V (alpha and ranking)", data.alphaScans),
                split("training", data.fittingScans),
                split("validation", data.validationScans),
                split("test", data.testScans),
            ])
    }
}
