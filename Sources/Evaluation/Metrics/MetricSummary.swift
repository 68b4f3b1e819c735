/// Everything that is printed about one evaluated model.
package struct MetricSummary: Hashable, Codable, Sendable {
    /// One metric and its interval.
    package struct Value: Hashable, Codable, Sendable {
        /// ``Metric/id``.
        package let id: String
        /// ``Metric/title``.
        package let title: String
        /// The value on all scans; `nil` where it is not defined.
        package let value: Double?
        /// The patient-level interval; `nil` where there is none.
        package let bootstrap: BootstrapInterval?
    }

    /// The class that sensitivity, precision and the areas are about.
    package let positiveClass: String
    /// The number of scans.
    package let scans: Int
    /// The number of patients.
    package let patients: Int
    /// Raw counts.
    package let confusion: ConfusionMatrix
    /// One class against all others, raw counts.
    package let positiveCounts: BinaryCounts
    /// The name of the most frequent class; `nil` without scans.
    package let majorityClass: String?
    /// What always naming that class would score; belongs next to the accuracy.
    package let majorityClassAccuracy: Double?
    /// Wilson's interval of the accuracy, scans taken as independent.
    package let accuracyWilson: ConfidenceInterval?
    /// DeLong's estimate of the AUC, scans taken as independent.
    package let deLong: DeLongEstimate?
    /// How the intervals were drawn.
    package let plan: BootstrapPlan
    /// All metrics, in the order of ``Metric/all``.
    package let values: [Value]

    /// Evaluates predictions.
    ///
    /// - Complexity: That of ``BootstrapInterval/intervals(of:plan:metrics:)``.
    package init(
        of predictions: Predictions, positive: Int, plan: BootstrapPlan = BootstrapPlan()
    ) {
        precondition(predictions.classes.indices.contains(positive), "the positive class exists")
        let confusion = ConfusionMatrix(of: predictions)
        self.confusion = confusion
        self.plan = plan
        positiveClass = predictions.classes[positive]
        scans = predictions.rows.count
        patients = predictions.rowsByPatient.count
        positiveCounts = confusion.counts(positive: positive)
        majorityClass = confusion.majorityClass.map { predictions.classes[$0] }
        majorityClassAccuracy = confusion.majorityClassAccuracy
        accuracyWilson = .wilson(
            successes: confusion.correct, trials: confusion.total, level: plan.level)
        deLong = DeLongEstimate(
            scores: predictions.scores(of: positive), isPositive: predictions.isLabel(positive))
        let intervals = BootstrapInterval.intervals(
            of: predictions, plan: plan,
            metrics: Metric.all.map { metric in { metric.value($0, positive) } })
        values = zip(Metric.all, intervals).map { metric, interval in
            Value(
                id: metric.id, title: metric.title, value: metric.value(predictions, positive),
                bootstrap: interval)
        }
    }

    /// The entry of one metric, by ``Metric/id``.
    package subscript(_ id: String) -> Value? { values.first { $0.id == id } }

    /// Accuracy over all classes; `nil` without scans.
    package var accuracy: Double? { self["accuracy"]?.value }
    /// The area under the ROC curve of the positive class; `nil` unless both kinds are present.
    package var area: Double? { self["rocAUC"]?.value }
}
