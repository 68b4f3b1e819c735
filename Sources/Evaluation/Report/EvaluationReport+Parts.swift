extension EvaluationReport {
    /// Which scans were used.
    package struct DataDescription: Hashable, Codable, Sendable {
        /// The data set's name.
        package var name: String
        /// What identifies the files, such as (`manifest SHA-256`, …), in printing order.
        package var fingerprints: [Fingerprint]
        /// The splits in printing order.
        package var splits: [Split]

        /// A description from its parts.
        package init(name: String, fingerprints: [Fingerprint], splits: [Split]) {
            self.name = name
            self.fingerprints = fingerprints
            self.splits = splits
        }
    }

    /// A digest or version that identifies part of the data.
    package struct Fingerprint: Hashable, Codable, Sendable {
        /// What it identifies.
        package var name: String
        /// The digest or version.
        package var value: String

        /// A fingerprint from its parts.
        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The size of one split.
    package struct Split: Hashable, Codable, Sendable {
        /// Such as `train`, `validation` or `test`.
        package var name: String
        /// The number of patients.
        package var patients: Int
        /// Scans per class, in the order of the report's classes.
        package var scansPerClass: [Int]

        /// A split from its parts.
        package init(name: String, patients: Int, scansPerClass: [Int]) {
            self.name = name
            self.patients = patients
            self.scansPerClass = scansPerClass
        }
    }

    /// One architecture of the search.
    package struct Candidate: Hashable, Codable, Sendable {
        /// The architecture's code.
        package var code: String
        /// Its score with the supernet's weights, larger is better.
        package var supernetScore: Double?
        /// Its score after a short training of its own, larger is better.
        package var shortTrainScore: Double?
        /// Weights of its path.
        package var parameters: Int?
        /// Multiply-accumulate operations per scan.
        package var multiplyAccumulates: Int?
        /// Whether it was retrained.
        package var isChosen: Bool

        /// A candidate from its parts.
        package init(
            code: String, supernetScore: Double? = nil, shortTrainScore: Double? = nil,
            parameters: Int? = nil, multiplyAccumulates: Int? = nil, isChosen: Bool = false
        ) {
            self.code = code
            self.supernetScore = supernetScore
            self.shortTrainScore = shortTrainScore
            self.parameters = parameters
            self.multiplyAccumulates = multiplyAccumulates
            self.isChosen = isChosen
        }
    }

    /// The weights of one epoch, evaluated.
    package struct Evaluated: Hashable, Codable, Sendable {
        /// The epoch, counted from 1.
        package var epoch: Int
        /// On the validation split.
        package var validation: MetricSummary?
        /// On the test split.
        package var test: MetricSummary?

        /// An evaluation from its parts.
        package init(epoch: Int, validation: MetricSummary? = nil, test: MetricSummary? = nil) {
            self.epoch = epoch
            self.validation = validation
            self.test = test
        }
    }

    /// One training from scratch.
    package struct Retraining: Hashable, Codable, Sendable {
        /// The seed.
        package var seed: UInt64
        /// The weights at the end.
        package var lastEpoch: Evaluated
        /// The weights that were best on the validation split.
        package var bestValidation: Evaluated?

        /// A training from its parts.
        package init(seed: UInt64, lastEpoch: Evaluated, bestValidation: Evaluated? = nil) {
            self.seed = seed
            self.lastEpoch = lastEpoch
            self.bestValidation = bestValidation
        }
    }

    /// Another model's results, on the test split once that is open, else on validation.
    package struct Baseline: Hashable, Codable, Sendable {
        /// The model's name.
        package var name: String
        /// The area under the ROC curve of the positive class.
        package var area: Double?
        /// The patient-level interval of the area.
        package var areaInterval: ConfidenceInterval?
        /// Accuracy over all classes.
        package var accuracy: Double?
        /// The number of weights.
        package var parameters: Int?
        /// What is to be known about it; empty for nothing.
        package var note: String

        /// A baseline from its parts.
        package init(
            name: String, area: Double?, areaInterval: ConfidenceInterval? = nil,
            accuracy: Double?, parameters: Int? = nil, note: String = ""
        ) {
            self.name = name
            self.area = area
            self.areaInterval = areaInterval
            self.accuracy = accuracy
            self.parameters = parameters
            self.note = note
        }

        /// A baseline from its summary.
        package init(
            name: String, summary: MetricSummary, parameters: Int? = nil, note: String = ""
        ) {
            self.init(
                name: name, area: summary.area,
                areaInterval: summary["rocAUC"]?.bootstrap?.interval,
                accuracy: summary.accuracy, parameters: parameters, note: note)
        }
    }

    /// Two models on the same test scans.
    package struct Comparison: Hashable, Codable, Sendable {
        /// Which models, such as `found network minus ResNet3D-18`.
        package var name: String
        /// The difference of the areas with its patient-level interval.
        package var areaDifference: BootstrapInterval?
        /// DeLong's paired test of the areas.
        package var deLong: DeLongComparison?
        /// McNemar's test of the errors.
        package var mcNemar: McNemarTest?

        /// A comparison of two models' predictions, scan by scan in the same order.
        package init(
            name: String, _ first: Predictions, _ second: Predictions, positive: Int,
            plan: BootstrapPlan = BootstrapPlan()
        ) {
            self.name = name
            areaDifference = BootstrapInterval.difference(first, second, plan: plan) { rows in
                ROCCurve.area(scores: rows.scores(of: positive), isPositive: rows.isLabel(positive))
            }
            deLong = DeLongComparison(
                first: first.scores(of: positive), second: second.scores(of: positive),
                isPositive: first.isLabel(positive))
            mcNemar = McNemarTest(first, second)
        }
    }

    /// The duration of one stage.
    package struct Timing: Hashable, Codable, Sendable {
        /// The stage.
        package var stage: String
        /// Wall-clock seconds.
        package var seconds: Double

        /// A timing from its parts.
        package init(_ stage: String, _ duration: Duration) {
            self.stage = stage
            let (whole, attoseconds) = duration.components
            seconds = Double(whole) + Double(attoseconds) * 1e-18
        }
    }
}
