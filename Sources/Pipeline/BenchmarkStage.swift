package import Evaluation
import Execution
import Foundation
import Graphs
import Models
import Runs
import RunConfiguration
import SearchSpaces
package import Tasks
import Tensors
import Training

/// A network of a benchmark is not known here.
package struct UnknownNetwork: Error, Hashable, CustomStringConvertible {
    /// What it was called.
    package let name: String
    /// Names that are known.
    package let known: [String]

    package var description: String {
        "no network '\(name)'; known are found, \(known.joined(separator: ", ")), and codes of this "
            + "run's space such as those that `voxelnas archive` prints"
    }
}

extension EvaluationStage {
    /// What a benchmark ends with.
    package struct Benchmark: Sendable {
        /// The table.
        package let table: BenchmarkTable
        /// Test predictions of every training.
        package let predictions: [TestPredictions]
    }

    /// The networks of some names, in their order.
    ///
    /// - Parameters:
    ///   - names: `found`, an operation for every slot, a published network, or a code.
    ///   - found: The network that the search found, where `found` is among the names.
    /// - Returns: The networks.
    /// - Throws: ``UnknownNetwork``.
    package func entrants(named names: [String], found: TrainedCandidate?) throws -> [Entrant] {
        try names.map { name in
            if name == Self.foundName, let code = found?.code,
                let architecture = Architecture(code: code)
            {
                return Entrant(
                    name: name, architecture: architecture, volumes: .evaluation,
                    seeds: configuration.evaluation.seeds, note: "found by the search: \(code)")
            }
            guard let entrant = entrant(named: name) else {
                throw UnknownNetwork(
                    name: name,
                    known: networks.supernet.space.operations.map(\.description)
                        + BaselineNetwork.allCases.map(\.rawValue))
            }
            return entrant
        }
    }

    /// Trains networks with one protocol, then opens the test list once for all of them.
    ///
    /// Finished trainings are taken from the run directory, where ``run(on:stop:report:)`` keeps
    /// them too.
    ///
    /// - Parameters:
    ///   - entrants: The networks.
    ///   - executor: Who computes.
    ///   - stop: Asks to stop between steps.
    ///   - report: Told of every epoch, with the time that all trainings will still take.
    /// - Returns: The table and the predictions.
    /// - Throws: ``StoppedOnRequest``, or what stops the run.
    package func benchmark(
        _ entrants: [Entrant], on executor: some RoundExecutor, stop: StopFlag,
        report: @escaping @Sendable (StageProgress) -> Void
    ) async throws -> Benchmark {
        let epochs = configuration.evaluation.epochs
        let costs = entrants.map {
            networks.graph(of: $0.architecture, input: configuration.evaluationInput.size).cost
        }
        var pace = BenchmarkPace(
            costs: zip(entrants, costs).map { ($0.seeds * epochs, $1.multiplyAdds) })
        var trained: [[TrainedNetwork]] = []
        for (index, entrant) in entrants.enumerated() {
            var networks: [TrainedNetwork] = []
            for seed in 0..<entrant.seeds {
                let name = "\(entrant.name)-\(seed + 1)"
                let earlier = unfinishedEpochs(
                    name: name, architecture: entrant.architecture, epochs: epochs,
                    seed: configuration.seed &+ UInt64(seed), volumes: entrant.volumes)
                pace.finish(network: index, epochs: earlier, seconds: 0)
                let (before, start) = (pace, ContinuousClock.now)
                networks.append(
                    try await self.trained(
                        name: name, architecture: entrant.architecture, epochs: epochs,
                        seed: configuration.seed &+ UInt64(seed), volumes: entrant.volumes,
                        on: executor, stop: stop
                    ) { progress in
                        report(
                            before.progress(
                                network: index, epochs: progress.done - earlier,
                                seconds: (ContinuousClock.now - start) / .seconds(1),
                                remark: "\(name): \(progress.remark)"))
                    })
                pace.finish(
                    network: index, epochs: epochs - earlier,
                    seconds: (ContinuousClock.now - start) / .seconds(1))
            }
            trained.append(networks)
        }
        // Timed before the test list is opened: nothing is chosen by it.
        let latencies = entrants.map { latency(of: $0.architecture) }
        return try await judge(
            zip(entrants, trained).map { ($0, $1) },
            costs: zip(costs, latencies).map { cost, latency in
                BenchmarkTable.Cost(
                    parameters: cost.parameters, megabytes: cost.megabytes,
                    multiplyAdds: cost.multiplyAdds, latencySeconds: latency)
            }, on: executor)
    }

    /// Predictions for the test list, and the table.
    private func judge(
        _ trained: [(entrant: Entrant, networks: [TrainedNetwork])], costs: [BenchmarkTable.Cost],
        on executor: some RoundExecutor
    ) async throws -> Benchmark {
        guard !data.testScans.isEmpty else {
            throw RunError.damaged(
                path: directory.path,
                reason: "its data have no test list; name a split, or set data.folds")
        }
        let openings = try directory.noteTestOpening()
        var entries: [BenchmarkTable.Entry] = []
        var all: [TestPredictions] = []
        for (index, (entrant, networks)) in trained.enumerated() {
            var predictions: [Predictions] = []
            let weights = networks.map(chosenWeights)
            for (seed, chosen) in weights.enumerated() {
                let seen = try await self.predictions(
                    of: chosen, name: "\(entrant.name)-\(seed + 1)",
                    architecture: entrant.architecture, volumes: entrant.volumes,
                    scans: data.testScans, on: executor)
                predictions.append(seen)
                all.append(
                    TestPredictions(
                        model: entrant.name, seed: seed + 1,
                        checkpoint: configuration.evaluation.checkpoint.rawValue,
                        predictions: seen))
            }
            entries.append(
                BenchmarkTable.Entry(
                    name: entrant.name, note: entrant.note, cost: costs[index],
                    epochs: weights.map(\.epoch), predictions: predictions))
        }
        let input = configuration.evaluationInput
        var table = BenchmarkTable(
            runName: configuration.name, input: "\(input.size)",
            checkpoint: configuration.evaluation.checkpoint.rawValue, testOpenings: openings,
            positive: configuration.positiveClass, entries: entries,
            plan: BootstrapPlan(
                resamples: configuration.evaluation.bootstrapResamples, seed: configuration.seed))
        table.caution = configuration.search.caution
        return Benchmark(table: table, predictions: all)
    }

    /// Seconds of a forward pass of one volume on one thread here: the median of five.
    private func latency(of architecture: Architecture) -> Double? {
        let size = configuration.evaluationInput.size
        let graph = networks.graph(of: architecture, input: size)
        let plan = ExecutionPlan(graph: graph, batch: 1, mode: .inference)
        let parameters = ParameterSet(
            initializing: graph.operators, seed: configuration.seed, model: "latency")
        let statistics = ParameterSet(startingStatisticsOf: graph.operators)
        var stream = RandomStream(seed: configuration.seed, name: "latency")
        let input = (0..<plan.inputCount).map { _ in Float(stream.nextUnit()) }
        let executor = Executor(threads: 1)
        var times: [Double] = []
        for _ in 0..<6 {
            let start = ContinuousClock.now
            guard
                (try? executor.predict(
                    plan, parameters: parameters, statistics: statistics, input: input)) != nil
            else { return nil }
            times.append((ContinuousClock.now - start) / .seconds(1))
        }
        return times.dropFirst().sorted()[2]
    }
}
