/// One number that a report prints, and how it is found.
package struct Metric: Sendable {
    /// The name in JSON.
    package let id: String
    /// The name for people.
    package let title: String
    /// Whether a larger value is the better one.
    package let higherIsBetter: Bool
    /// The value for predictions and a positive class; `nil` where it is not defined.
    package let value: @Sendable (_ predictions: Predictions, _ positive: Int) -> Double?

    /// A metric from its parts.
    package init(
        _ id: String, _ title: String, higherIsBetter: Bool = true,
        value: @escaping @Sendable (_ predictions: Predictions, _ positive: Int) -> Double?
    ) {
        self.id = id
        self.title = title
        self.higherIsBetter = higherIsBetter
        self.value = value
    }

    /// Everything a report shows, in its order; a new metric is one more line here.
    package static let all: [Metric] = [
        Metric("accuracy", "Accuracy") { rows, _ in ConfusionMatrix(of: rows).accuracy },
        Metric("balancedAccuracy", "Balanced accuracy") { rows, _ in
            ConfusionMatrix(of: rows).balancedAccuracy
        },
        Metric("rocAUC", "ROC-AUC") { rows, positive in
            ROCCurve.area(scores: rows.scores(of: positive), isPositive: rows.isLabel(positive))
        },
        Metric("averagePrecision", "PR-AUC (average precision)") { rows, positive in
            PrecisionRecallCurve(of: rows, positive: positive)?.averagePrecision
        },
        Metric("sensitivity", "Sensitivity") { $0.counts(positive: $1).sensitivity },
        Metric("specificity", "Specificity") { $0.counts(positive: $1).specificity },
        Metric("precision", "Precision") { $0.counts(positive: $1).precision },
        Metric("f1", "F1") { $0.counts(positive: $1).f1 },
        Metric("macroF1", "Macro-F1") { rows, _ in ConfusionMatrix(of: rows).macroF1 },
        Metric("matthewsCorrelation", "Matthews correlation") { rows, _ in
            ConfusionMatrix(of: rows).matthewsCorrelation
        },
        Metric("brierScore", "Brier score", higherIsBetter: false) {
            Calibration.brierScore(of: $0, positive: $1)
        },
        Metric("expectedCalibrationError", "Calibration error (ECE)", higherIsBetter: false) {
            rows, _ in Calibration.expectedCalibrationError(of: rows)
        },
        Metric("logLoss", "Log loss", higherIsBetter: false) { rows, _ in
            Calibration.logLoss(of: rows)
        },
    ]

    /// The metric with a name, if there is one.
    package static func named(_ id: String) -> Metric? { all.first { $0.id == id } }
}

extension Predictions {
    /// One class against all others, by the most probable class.
    package func counts(positive: Int) -> BinaryCounts {
        ConfusionMatrix(of: self).counts(positive: positive)
    }
}
