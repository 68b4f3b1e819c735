/// What a model said about one scan.
package struct Prediction: Hashable, Codable, Sendable {
    /// The scan's identifier, unique within a set of predictions.
    package let scan: String
    /// The patient's identifier; several scans may share it.
    package let patient: String
    /// The index of the true class.
    package let label: Int
    /// One probability per class.
    package let probabilities: [Double]
    /// One logit per class, if kept.
    package let logits: [Double]?

    /// A prediction from its parts; ``Predictions`` validates it.
    package init(
        scan: String, patient: String, label: Int, probabilities: [Double], logits: [Double]? = nil
    ) {
        self.scan = scan
        self.patient = patient
        self.label = label
        self.probabilities = probabilities
        self.logits = logits
    }

    /// The most probable class; the first of several equal ones.
    package var predicted: Int {
        var best = 0
        for (index, value) in probabilities.enumerated() where value > probabilities[best] {
            best = index
        }
        return best
    }
}

/// A model's predictions for a list of scans, validated once.
package struct Predictions: Hashable, Sendable {
    /// The class names in the order of the model's outputs.
    package let classes: [String]
    /// One prediction per scan.
    package let rows: [Prediction]

    /// Checks and keeps predictions.
    ///
    /// Probabilities must lie in 0...1 and add up to 1 within 1e-3, which leaves room for files
    /// printed with few digits.
    ///
    /// - Throws: ``EvaluationError/prediction(scan:problem:)`` for the first row that is not a
    ///   finite distribution over the classes, has an unknown label, or repeats a scan.
    package init(classes: [String], rows: [Prediction]) throws(EvaluationError) {
        var scans = Set<String>()
        for row in rows {
            if let problem = Self.problem(of: row, classes: classes.count) {
                throw .prediction(scan: row.scan, problem: problem)
            }
            guard scans.insert(row.scan).inserted else {
                throw .prediction(scan: row.scan, problem: "the scan appears twice")
            }
        }
        self.init(classes: classes, checked: rows)
    }

    private init(classes: [String], checked rows: [Prediction]) {
        self.classes = classes
        self.rows = rows
    }

    /// What is wrong with a row, or `nil`.
    static func problem(of row: Prediction, classes: Int) -> String? {
        guard row.label >= 0, row.label < classes else {
            return "label \(row.label) is not one of \(classes) classes"
        }
        guard row.probabilities.count == classes else {
            return "\(row.probabilities.count) probabilities for \(classes) classes"
        }
        guard row.probabilities.allSatisfy({ $0 >= 0 && $0 <= 1 }) else {
            return "probabilities \(row.probabilities) are not all within 0...1"
        }
        let sum = row.probabilities.reduce(0, +)
        guard abs(sum - 1) <= 1e-3 else { return "probabilities add up to \(sum), not 1" }
        guard let logits = row.logits else { return nil }
        guard logits.count == classes, logits.allSatisfy(\.isFinite) else {
            return "logits \(logits) are not \(classes) finite numbers"
        }
        return nil
    }

    /// The same predictions for some rows, in the given order; rows may repeat.
    ///
    /// Resampling needs repeats, so the check for a repeated scan does not apply here.
    package func selecting(_ indices: [Int]) -> Predictions {
        Predictions(classes: classes, checked: indices.map { rows[$0] })
    }

    /// The probability of one class for every row.
    package func scores(of index: Int) -> [Double] { rows.map { $0.probabilities[index] } }

    /// Whether each row's true class is the given one.
    package func isLabel(_ index: Int) -> [Bool] { rows.map { $0.label == index } }

    /// The rows of each patient, patients in the order of their identifiers.
    package var rowsByPatient: [[Int]] {
        var groups: [String: [Int]] = [:]
        for (index, row) in rows.enumerated() { groups[row.patient, default: []].append(index) }
        return groups.sorted { $0.key < $1.key }.map(\.value)
    }
}
