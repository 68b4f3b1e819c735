import Optimizers
import CTData
package import Evaluation
import Foundation
package import Models
package import RunConfiguration
package import Runs
package import SearchSpaces
import SearchStrategies
package import Tasks
import TensorBoardEvents
import Tensors
package import Training

/// Trains what a search found, chooses by validation alone, and opens the test list once.
package struct EvaluationStage: Sendable {
    /// The run's settings.
    package let configuration: RunConfiguration
    /// The run's folder.
    package let directory: RunDirectory
    /// The scans and their splits.
    package let data: PreparedData
    /// The networks that may be trained, for their operators.
    package let networks: NetworkCatalogue
    /// The longest time between two saved states of a training.
    package let saveInterval: Duration

    /// An evaluation of a run.
    ///
    /// - Throws: `ConfigurationError` when the space makes no sense.
    package init(
        configuration: RunConfiguration, directory: RunDirectory, data: PreparedData,
        saveInterval: Duration = .seconds(300)
    ) throws {
        self.configuration = configuration
        self.saveInterval = saveInterval
        self.directory = directory
        self.data = data
        networks = NetworkCatalogue(
            supernet: CovidNet3DSupernet(
                space: try configuration.space.searchSpace(), classes: configuration.classCount))
    }

    /// A candidate after its brief trainings.
    package struct TrainedCandidate: Codable, Hashable, Sendable {
        /// The architecture's digits.
        package let code: String
        /// Its loss on D_V with the supernet's weights.
        package let supernetLoss: Double
        /// The validation area of every brief training.
        package let areas: [Double]

        /// What candidates are ranked by: the mean of the areas minus half their standard deviation;
        /// without any training, the supernet's loss with a minus.
        package var score: Double {
            areas.isEmpty ? -supernetLoss : SuccessiveHalving.score(areas)
        }
    }

    /// Ranks the best candidates of the archive by brief training on the validation split.
    ///
    /// - Returns: The candidates, best first.
    /// - Throws: What stops the run.
    package func rankCandidates(
        on executor: some RoundExecutor, stop: StopFlag,
        report: @escaping @Sendable (StageProgress) -> Void
    ) async throws -> [TrainedCandidate] {
        let settings = configuration.evaluation
        let archive = try CandidateArchive(path: directory.archivePath)
        let candidates = try archive.best(settings.candidates)
        guard !candidates.isEmpty else {
            throw RunError.damaged(
                path: directory.archivePath, reason: "it holds no candidate; run the search first")
        }
        if settings.candidateEpochs == 0 || candidates.count == 1 {
            return candidates.map {
                TrainedCandidate(code: $0.code, supernetLoss: $0.loss, areas: [])
            }
        }
        let plan = SuccessiveHalving(
            candidates: candidates.count, epochs: settings.candidateEpochs,
            rounds: settings.candidateRounds)
        let meter = ProgressMeter(
            stage: "candidates", unit: "trainings",
            total: plan.rounds.reduce(0) { $0 + $1.survivors } * settings.candidateSeeds,
            report: report)
        var ranked = candidates.map {
            TrainedCandidate(code: $0.code, supernetLoss: $0.loss, areas: [])
        }
        var done = 0
        for (index, round) in plan.rounds.enumerated() {
            var trained: [TrainedCandidate] = []
            for candidate in ranked.prefix(round.survivors) {
                guard let architecture = Architecture(code: candidate.code) else { continue }
                var areas: [Double] = []
                for seed in 0..<settings.candidateSeeds {
                    let name =
                        "candidate-\(candidate.code)-\(seed)"
                        + (index > 0 ? "-round-\(index + 1)" : "")
                    let network = try await self.trained(
                        name: name, architecture: architecture, epochs: round.epochs,
                        seed: configuration.seed &+ UInt64(seed), volumes: .evaluation,
                        on: executor, stop: stop, report: { _ in })
                    areas.append(network.history.last?.validationArea ?? 0)
                    done += 1
                    meter.update(
                        done, remark: String(format: "validation AUC %.3f", areas.last ?? 0))
                }
                trained.append(
                    TrainedCandidate(
                        code: candidate.code, supernetLoss: candidate.supernetLoss, areas: areas))
            }
            trained.sort { ($1.score, $0.supernetLoss) < ($0.score, $1.supernetLoss) }
            ranked = trained + ranked.dropFirst(round.survivors)
        }
        return ranked
    }

    /// Trains a network from scratch, or takes a finished training from disk.
    ///
    /// A training is saved when it ends, when someone asks to stop, and every ``saveInterval``; it
    /// goes on from there, to the same bits.
    ///
    /// - Throws: ``StoppedOnRequest`` between steps, or what stops the run.
    package func trained(
        name: String, architecture: Architecture, epochs: Int, seed: UInt64, volumes: VolumeRole,
        on executor: some RoundExecutor, stop: StopFlag,
        report: @escaping @Sendable (StageProgress) -> Void
    ) async throws -> TrainedNetwork {
        let file = trainingFile(
            name: name, architecture: architecture, epochs: epochs, seed: seed, volumes: volumes)
        if let done = file.load() { return done }
        if stop.isSet { throw stopped("before training \(name)") }
        try FileManager.default.createDirectory(
            atPath: directory.evaluationPath + "/trainings", withIntermediateDirectories: true)
        let saved = file.loadUnfinished()
        let first = saved?.history.last?.epoch ?? 0
        var round = Self.firstRound(of: name)
        let trainer = NetworkTrainer(
            settings: configuration.evaluation, labels: data.labels,
            classCount: configuration.classCount, positiveClass: configuration.positiveClass)
        let meter = ProgressMeter(
            stage: name, unit: "epochs", first: first, total: epochs, report: report)
        let events = TensorBoardLog(
            folder: directory.tensorBoardPath + "/" + name, firstStep: first + 1)
        let rates = configuration.evaluation.optimizer.rates(over: epochs)
        var savedAt = ContinuousClock.now
        let network = try await trainer.train(
            .init(
                id: ModelID(name), architecture: architecture,
                operators: networks.operators(of: architecture), volumes: volumes,
                fittingScans: data.fittingScans, validationScans: data.validationScans,
                epochs: epochs, seed: seed),
            from: saved, round: &round, on: executor
        ) { line in
            events.append(
                line.scalars(learningRate: rates.rate(at: line.epoch - 1)), step: line.epoch)
            let area = line.validationArea.map { String(format: ", validation AUC %.3f", $0) } ?? ""
            meter.update(
                line.epoch, remark: String(format: "loss %.3f", line.trainingLoss) + area)
        } pause: { state in
            let isStopped = stop.isSet
            guard isStopped || savedAt.duration(to: .now) > saveInterval else { return }
            try file.save(unfinished: state)
            savedAt = .now
            if isStopped { throw stopped("after step \(state.step) of training \(name)") }
        }
        try file.save(network)
        return network
    }

    /// Epochs of a training that an earlier process did and left unfinished.
    func unfinishedEpochs(
        name: String, architecture: Architecture, epochs: Int, seed: UInt64, volumes: VolumeRole
    ) -> Int {
        trainingFile(
            name: name, architecture: architecture, epochs: epochs, seed: seed, volumes: volumes
        ).unfinishedEpochs
    }

    private func trainingFile(
        name: String, architecture: Architecture, epochs: Int, seed: UInt64, volumes: VolumeRole
    ) -> TrainedNetworkFile {
        TrainedNetworkFile(
            path: "\(directory.evaluationPath)/trainings/\(name).safetensors",
            key: "\(configuration.digest)/\(data.fingerprint)/\(epochs)/\(seed)/"
                + volumes.rawValue, architecture: architecture)
    }

    private func stopped(_ place: String) -> StoppedOnRequest {
        StoppedOnRequest(
            "stopped \(place); everything is kept, run the same command to go on")
    }

    /// The first of the rounds of one training, which are its own: a training that was finished
    /// earlier takes none, and must not move the others.
    private static func firstRound(of name: String) -> UInt64 {
        var stream = RandomStream(seed: 0, name: "rounds/\(name)")
        return UInt64(stream.next()) << 32
    }

    /// Predictions of a trained network for a list of scans.
    ///
    /// - Throws: What the executor throws.
    package func predictions(
        of weights: TrainedWeights, name: String, architecture: Architecture, volumes: VolumeRole,
        scans: [Int], on executor: some RoundExecutor
    ) async throws -> Predictions {
        var model = TrainableModel(
            id: ModelID("\(name)-epoch\(weights.epoch)"), parameters: weights.parameters,
            optimizerState: .init())
        model.statistics = weights.statistics
        let trainer = NetworkTrainer(
            settings: configuration.evaluation, labels: data.labels,
            classCount: configuration.classCount, positiveClass: configuration.positiveClass)
        var round = Self.firstRound(of: "test/\(model.id)")
        let logits = try await trainer.predict(
            scans, volumes: volumes, architecture: architecture, model: model,
            round: &round, on: executor)
        return try Predictions(
            logits: logits, scans: scans.map { data.scans[$0] },
            classes: configuration.classNames, positiveClass: configuration.positiveClass)
    }
}

extension Predictions {
    /// Predictions from logits `[scans, classes]`.
    ///
    /// - Throws: `EvaluationError` for a scan whose logits are not finite.
    init(
        logits: [Float], scans: [ScanReference], classes: [String], positiveClass: Int
    ) throws {
        let scores = ScanScores(
            logits: logits, labels: scans.map(\.classIndex), classCount: classes.count,
            positiveClass: positiveClass)
        try self.init(
            classes: classes,
            rows: scans.indices.map { row in
                Prediction(
                    scan: scans[row].id, patient: scans[row].patient, label: scans[row].classIndex,
                    probabilities: scores.probabilities[row],
                    logits: logits[(row * classes.count)..<((row + 1) * classes.count)]
                        .map(Double.init))
            })
    }
}
