/// Networks trained and tested by one protocol, as in the paper's Table 3, but with intervals.
package struct BenchmarkTable: Hashable, Codable, Sendable {
    /// What a network costs.
    package struct Cost: Hashable, Codable, Sendable {
        /// Weights, biases and batch-norm scales and shifts.
        package let parameters: Int
        /// Their size as float32 in units of 2^20 bytes.
        package let megabytes: Double
        /// Multiply-adds of a forward pass of one volume.
        package let multiplyAdds: Int
        /// Seconds of a forward pass of one volume, the median of several; `nil` if not measured.
        package let latencySeconds: Double?

        /// A cost.
        package init(
            parameters: Int, megabytes: Double, multiplyAdds: Int, latencySeconds: Double?
        ) {
            self.parameters = parameters
            self.megabytes = megabytes
            self.multiplyAdds = multiplyAdds
            self.latencySeconds = latencySeconds
        }
    }

    /// One network's predictions for the test list.
    package struct Entry: Sendable {
        /// The network's name.
        package let name: String
        /// What it is.
        package let note: String
        /// What it costs.
        package let cost: Cost
        /// Epochs that were chosen, one per seed.
        package let epochs: [Int]
        /// Predictions of every seed, all for the same scans in the same order.
        package let predictions: [Predictions]

        /// A network's predictions.
        package init(
            name: String, note: String, cost: Cost, epochs: [Int], predictions: [Predictions]
        ) {
            self.name = name
            self.note = note
            self.cost = cost
            self.epochs = epochs
            self.predictions = predictions
        }
    }

    /// A metric over the seeds of a network.
    package struct Value: Hashable, Codable, Sendable {
        /// ``Metric/id``.
        package let id: String
        /// The mean over seeds; `nil` where one is not defined.
        package let mean: Double?
        /// The value of every seed.
        package let seeds: [Double?]
        /// The standard deviation over seeds; `nil` for a single one.
        package let deviation: Double?
        /// The interval of the mean over seeds, by resampling patients.
        package let bootstrap: BootstrapInterval?
    }

    /// A line of the table.
    package struct Row: Hashable, Codable, Sendable {
        /// The network's name.
        package let name: String
        /// What it is.
        package let note: String
        /// What it costs.
        package let cost: Cost
        /// Epochs that were chosen, one per seed.
        package let epochs: [Int]
        /// The metrics of ``BenchmarkTable/metricIDs``.
        package let values: [Value]
        /// Raw counts of every seed.
        package let confusions: [ConfusionMatrix]

        /// The value of a metric.
        package subscript(_ id: String) -> Value? { values.first { $0.id == id } }
    }

    /// Two networks on the same scans.
    package struct Pair: Hashable, Codable, Sendable {
        /// The first network's name.
        package let first: String
        /// The second network's name.
        package let second: String
        /// The mean area over seeds of the first, minus the second's, by resampling patients.
        package let areaDifference: BootstrapInterval?
        /// DeLong's comparison of every pair of seeds of the same number.
        package let deLong: [DeLongComparison]
        /// McNemar's test of every pair of seeds of the same number.
        package let mcNemar: [McNemarTest]
    }

    /// The run's name.
    package let runName: String
    /// The volume that networks see.
    package let input: String
    /// The positive class.
    package let positiveClass: String
    /// Which weights the results are about.
    package let checkpoint: String
    /// Scans and patients of the test list.
    package let scans: Int
    package let patients: Int
    /// How often the test list was opened over the life of the run, this time included.
    package let testOpenings: Int
    /// What must stand above everything, such as that the run cannot be reproduced.
    package var caution: String?
    /// The most frequent class, and what always naming it would score.
    package let majorityClass: String?
    package let majorityClassAccuracy: Double?
    /// How the intervals were drawn.
    package let plan: BootstrapPlan
    /// The networks, in the order that they were given in.
    package let rows: [Row]
    /// Every pair of networks.
    package let pairs: [Pair]

    /// The metrics of the table: the paper's four, then what they hide.
    package static let metricIDs = [
        "accuracy", "precision", "sensitivity", "f1", "specificity", "balancedAccuracy", "rocAUC",
    ]

    /// Evaluates networks.
    ///
    /// - Precondition: Every entry has predictions of a seed or more, all for the same scans.
    package init(
        runName: String, input: String, checkpoint: String, testOpenings: Int, positive: Int,
        entries: [Entry], plan: BootstrapPlan
    ) {
        guard let sample = entries.first?.predictions.first else {
            preconditionFailure("a benchmark has a network")
        }
        let scans = sample.rows.map(\.scan)
        precondition(
            entries.allSatisfy { entry in
                !entry.predictions.isEmpty
                    && entry.predictions.allSatisfy { $0.rows.map(\.scan) == scans }
            }, "networks are compared on the same scans")
        self.runName = runName
        self.input = input
        self.checkpoint = checkpoint
        self.testOpenings = testOpenings
        self.plan = plan
        positiveClass = sample.classes[positive]
        self.scans = scans.count
        patients = sample.rowsByPatient.count
        let confusion = ConfusionMatrix(of: sample)
        majorityClass = confusion.majorityClass.map { sample.classes[$0] }
        majorityClassAccuracy = confusion.majorityClassAccuracy
        rows = entries.map { Self.row(of: $0, positive: positive, plan: plan) }
        pairs = entries.indices.flatMap { first in
            entries.indices.dropFirst(first + 1).map { second in
                Self.pair(entries[first], entries[second], positive: positive, plan: plan)
            }
        }
    }

    private static func row(of entry: Entry, positive: Int, plan: BootstrapPlan) -> Row {
        let metrics = metricIDs.compactMap { Metric.named($0) }
        let intervals = BootstrapInterval.intervals(
            clusters: entry.predictions[0].rowsByPatient, plan: plan, count: metrics.count
        ) { indices in
            let samples = entry.predictions.map { $0.selecting(indices) }
            return metrics.map { metric in mean(samples.map { metric.value($0, positive) }) }
        }
        let values = zip(metrics, intervals).map { metric, interval in
            let seeds = entry.predictions.map { metric.value($0, positive) }
            return Value(
                id: metric.id, mean: mean(seeds), seeds: seeds, deviation: deviation(seeds),
                bootstrap: interval)
        }
        return Row(
            name: entry.name, note: entry.note, cost: entry.cost, epochs: entry.epochs,
            values: values, confusions: entry.predictions.map { ConfusionMatrix(of: $0) })
    }

    private static func pair(
        _ first: Entry, _ second: Entry, positive: Int, plan: BootstrapPlan
    ) -> Pair {
        func area(_ predictions: Predictions) -> Double? {
            ROCCurve.area(
                scores: predictions.scores(of: positive), isPositive: predictions.isLabel(positive))
        }
        func area(_ entry: Entry, _ indices: [Int]) -> Double? {
            mean(entry.predictions.map { area($0.selecting(indices)) })
        }
        let difference = BootstrapInterval.intervals(
            clusters: first.predictions[0].rowsByPatient, plan: plan, count: 1
        ) { indices in
            guard let one = area(first, indices), let other = area(second, indices) else {
                return [nil]
            }
            return [one - other]
        }
        let seeds = Array(zip(first.predictions, second.predictions))
        return Pair(
            first: first.name, second: second.name, areaDifference: difference[0],
            deLong: seeds.compactMap { one, other in
                DeLongComparison(
                    first: one.scores(of: positive), second: other.scores(of: positive),
                    isPositive: one.isLabel(positive))
            }, mcNemar: seeds.map { McNemarTest($0, $1) })
    }

    private static func mean(_ values: [Double?]) -> Double? {
        let known = values.compactMap(\.self)
        guard known.count == values.count, !known.isEmpty else { return nil }
        return known.reduce(0, +) / Double(known.count)
    }

    private static func deviation(_ values: [Double?]) -> Double? {
        let known = values.compactMap(\.self)
        guard known.count == values.count, known.count > 1, let mean = mean(values) else {
            return nil
        }
        let squares = known.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (squares / Double(known.count - 1)).squareRoot()
    }
}
