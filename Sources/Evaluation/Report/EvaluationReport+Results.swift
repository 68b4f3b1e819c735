extension EvaluationReport {
    /// The retrained network: over seeds, then seed by seed.
    var resultSection: String {
        guard !retrainings.isEmpty else { return "" }
        let split = testOpenings > 0 ? "test" : "validation"
        var text = "## The retrained network\n\n"
        text += overview(split)
        for training in retrainings {
            text += "### Seed \(training.seed)\n\n"
            text += details(training.lastEpoch, title: "Last epoch", split: split)
            if let best = training.bestValidation {
                text += details(best, title: "Best epoch on validation", split: split)
            }
        }
        return text
    }

    private func summary(_ evaluated: Evaluated) -> MetricSummary? {
        testOpenings > 0 ? evaluated.test : evaluated.validation
    }

    /// One row per seed and choice of epoch, then the spread over seeds.
    private func overview(_ split: String) -> String {
        var table = MarkdownTable(
            [
                "Seed", "Weights", "Epoch", "ROC-AUC", "Accuracy", "Majority class",
                "Balanced accuracy",
            ],
            numeric: [0, 2, 3, 4, 5, 6])
        let last = retrainings.map { ($0.seed, "last epoch", $0.lastEpoch) }
        let best = retrainings.compactMap { training in
            training.bestValidation.map { (training.seed, "best on validation", $0) }
        }
        for (seed, choice, evaluated) in last + best {
            let summary = summary(evaluated)
            table.rows.append([
                "\(seed)", choice, "\(evaluated.epoch)", Self.cell(summary, "rocAUC"),
                Self.cell(summary, "accuracy"), decimal(summary?.majorityClassAccuracy, 3),
                Self.cell(summary, "balancedAccuracy"),
            ])
        }
        return "On the \(split) split, with \(intervalName) intervals:\n\n" + table.text
            + spread(last.map(\.2), "last epoch") + spread(best.map(\.2), "best on validation")
    }

    private var intervalName: String {
        let plan = retrainings.lazy.compactMap { summary($0.lastEpoch)?.plan }.first
        return plan.map { "\(decimal($0.level * 100, 0)) % patient-level bootstrap" } ?? "no"
    }

    private func spread(_ evaluations: [Evaluated], _ choice: String) -> String {
        let summaries = evaluations.compactMap(summary)
        guard summaries.count > 1 else { return "" }
        let areas = Self.range(summaries.compactMap(\.area))
        let accuracies = Self.range(summaries.compactMap(\.accuracy))
        return "Over \(summaries.count) seeds, \(choice): AUC \(areas), accuracy \(accuracies).\n\n"
    }

    private static func range(_ values: [Double]) -> String {
        guard let low = values.min(), let high = values.max() else { return "n/a" }
        let mean = values.reduce(0, +) / Double(values.count)
        return "mean \(decimal(mean, 3)) (from \(decimal(low, 3)) to \(decimal(high, 3)))"
    }

    private static func cell(_ summary: MetricSummary?, _ id: String) -> String {
        value(summary?[id]?.value, summary?[id]?.bootstrap)
    }

    private func details(_ evaluated: Evaluated, title: String, split: String) -> String {
        guard let summary = summary(evaluated) else {
            return
                "#### \(title) (epoch \(evaluated.epoch))\n\nNot evaluated on the \(split) split.\n\n"
        }
        return "#### \(title) (epoch \(evaluated.epoch))\n\n"
            + "\(summary.scans) scans of \(summary.patients) patients. "
            + Self.majoritySentence(summary) + "\n\n"
            + Self.confusion(summary.confusion) + Self.metrics(summary)
    }

    /// What accuracy means beside the most frequent class.
    static func majoritySentence(_ summary: MetricSummary) -> String {
        guard let accuracy = summary.accuracy, let majority = summary.majorityClassAccuracy,
            let name = summary.majorityClass
        else { return "There are no scans." }
        let start =
            "Accuracy is \(percent(accuracy)); always answering \(name) would give "
            + "\(percent(majority))"
        guard let interval = summary["accuracy"]?.bootstrap?.interval else { return start + "." }
        if interval.lower > majority { return start + ", which lies below the whole interval." }
        if interval.upper < majority { return start + ", which lies above the whole interval." }
        return start + ", which lies **inside the interval**: the accuracy alone shows no skill."
    }

    private static func confusion(_ matrix: ConfusionMatrix) -> String {
        var table = MarkdownTable(
            ["True \\ predicted"] + matrix.classes + ["Scans"],
            numeric: Set(1...(matrix.classes.count + 1)))
        for (row, name) in matrix.classes.enumerated() {
            table.rows.append(
                [name] + matrix.counts[row].map { "\($0)" } + ["\(matrix.actualTotals[row])"])
        }
        return table.text
    }

    private static func metrics(_ summary: MetricSummary) -> String {
        var table = MarkdownTable(["Metric", "Value", "Interval", ""], numeric: [1, 2])
        for entry in summary.values {
            let interval = entry.bootstrap?.interval
            let ends = interval.map { "\(decimal($0.lower, 3))–\(decimal($0.upper, 3))" } ?? "n/a"
            let degenerate = entry.bootstrap?.degenerate ?? 0
            let note =
                degenerate > 0
                ? "undefined on \(degenerate) of \(summary.plan.resamples) resamples" : ""
            table.rows.append([entry.title, decimal(entry.value, 3), ends, note])
        }
        let counts = summary.positiveCounts
        return table.text
            + "\(summary.positiveClass) against the rest: TP \(counts.truePositives), "
            + "FP \(counts.falsePositives), FN \(counts.falseNegatives), "
            + "TN \(counts.trueNegatives). Wilson's interval of the accuracy is "
            + "\(ends(summary.accuracyWilson)), DeLong's of the AUC "
            + "\(ends(summary.deLong?.interval(level: summary.plan.level))); both count scans as "
            + "independent.\n\n"
    }

    private static func ends(_ interval: ConfidenceInterval?) -> String {
        interval.map { "\(decimal($0.lower, 3))–\(decimal($0.upper, 3))" } ?? "n/a"
    }

    /// Other models on the same scans.
    var baselineSection: String {
        guard !baselines.isEmpty else { return "" }
        var table = MarkdownTable(
            ["Model", "ROC-AUC", "Accuracy", "Majority class", "Parameters", "Note"],
            numeric: [1, 2, 3, 4])
        let majority = retrainings.lazy.compactMap { summary($0.lastEpoch)?.majorityClassAccuracy }
            .first
        for baseline in baselines {
            table.rows.append([
                baseline.name, Self.interval(baseline.area, baseline.areaInterval),
                decimal(baseline.accuracy, 3), decimal(majority, 3),
                Self.count(baseline.parameters), baseline.note,
            ])
        }
        return "## Baselines\n\nThe same splits and the same pipeline.\n\n" + table.text
    }

    /// What features without medical content reach.
    var leakSection: String {
        guard !leaks.isEmpty || !leakNotes.isEmpty else { return "" }
        var text = "## Leaks\n\n"
        if !leaks.isEmpty {
            var table = MarkdownTable(
                ["Feature alone", "AUC", "Direction", "Unknown"], numeric: [1, 3])
            for leak in leaks.sorted(by: { $0.area > $1.area }) {
                let end = leak.direction == .higherIsPositive ? "higher" : "lower"
                table.rows.append([
                    leak.feature, decimal(leak.area, 3), "\(end) means \(positiveClass)",
                    "\(leak.missing)",
                ])
            }
            text += table.text + leakSentence
        }
        return text + leakNotes.map { "- \($0)\n" }.joined() + (leakNotes.isEmpty ? "" : "\n")
    }

    private var leakSentence: String {
        guard let leak = leaks.max(by: { $0.area < $1.area }),
            let summary = retrainings.lazy.compactMap({ self.summary($0.lastEpoch) }).first,
            let area = summary.area
        else { return "" }
        let lower = summary["rocAUC"]?.bootstrap?.interval.lower ?? area
        let model = "The network's AUC is \(Self.cell(summary, "rocAUC"))"
        if lower > leak.area {
            return model + ", above what any of these features reaches alone.\n\n"
        }
        return model + ", **not clearly above \(leak.feature) alone** (\(decimal(leak.area, 3))): "
            + "it may have learnt that feature rather than the disease.\n\n"
    }
}
