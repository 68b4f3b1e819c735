/// What a reader must know before a model is used: what it is, what it was trained on, how well it
/// did with which uncertainty, and what it is not for.
///
/// - SeeAlso: Mitchell et al., *Model cards for model reporting*, 2019.
package struct ModelCard: Sendable {
    /// What the report does not know of the model.
    package struct Facts: Sendable {
        /// Name and value, in printing order: architecture, parameters, input.
        package let model: [(name: String, value: String)]
        /// One line per cell: its name and the operation of each slot.
        package let cells: [(name: String, operations: [String])]
        /// How a scan becomes the input, one sentence each.
        package let preprocessing: [String]
        /// How the weights were trained, one sentence each.
        package let training: [String]
        /// The files of the models, by seed.
        package let files: [String]
        /// Whether the results are about the best epoch on validation, or about the last.
        package let choosesBestEpoch: Bool

        /// Facts from their parts.
        package init(
            model: [(name: String, value: String)],
            cells: [(name: String, operations: [String])], preprocessing: [String],
            training: [String], files: [String], choosesBestEpoch: Bool
        ) {
            self.model = model
            self.cells = cells
            self.preprocessing = preprocessing
            self.training = training
            self.files = files
            self.choosesBestEpoch = choosesBestEpoch
        }
    }

    private let report: EvaluationReport
    private let facts: Facts

    /// The card of a run's models.
    package init(_ report: EvaluationReport, facts: Facts) {
        self.report = report
        self.facts = facts
    }

    /// The card for people.
    package var markdown: String {
        [
            heading, modelSection, useSection, dataSection, trainingSection, resultSection,
            comparisonSection, limitSection, commandSection,
        ].joined()
    }

    private var heading: String {
        """
        # Model card: \(report.runName)

        **Research use only.** Not a medical device, not validated for clinical use, and not to be \
        used for a diagnosis or any decision about a patient.
        \(report.cautionParagraph)

        """
    }

    private var modelSection: String {
        var table = MarkdownTable(["", "Model"])
        for (name, value) in facts.model { table.rows.append([name, value]) }
        table.rows.append(["Classes", report.classes.joined(separator: ", ")])
        table.rows.append(["Positive class", report.positiveClass])
        table.rows.append(["Files", facts.files.map { "`\($0)`" }.joined(separator: ", ")])
        var cells = MarkdownTable(["Cell", "Operations, from the input on"])
        for (name, operations) in facts.cells {
            cells.rows.append([name, operations.joined(separator: " → ")])
        }
        return "## The model\n\nA 3D network that classifies whole CT volumes, found by an "
            + "architecture search (CovidNet3D's space).\n\n" + table.text + cells.text
            + "### Preprocessing\n\n" + list(facts.preprocessing)
    }

    private var useSection: String {
        """
        ## Use

        - For: research on the data set below and on data like it; comparing methods with the same \
        splits; teaching.
        - Not for: patients. Not for scans of other kinds, scanners, ages or diseases than those of \
        the training list; the model answers one of its classes whatever it is shown.


        """
    }

    private var dataSection: String {
        var splits = MarkdownTable(
            ["Split", "Patients", "Scans"] + report.classes,
            numeric: Set(1...(2 + report.classes.count)))
        for split in report.data.splits {
            splits.rows.append(
                [split.name, "\(split.patients)", "\(split.scansPerClass.reduce(0, +))"]
                    + split.scansPerClass.map { "\($0)" })
        }
        return "## Data\n\n\(report.data.name). Splits are by patient: nobody is in two of "
            + "training, validation and test.\n\n" + splits.text
            + list(report.data.fingerprints.map { "\($0.name): `\($0.value)`" })
    }

    private var trainingSection: String { "## Training\n\n" + list(facts.training) }

    private var resultSection: String {
        let split = report.testOpenings > 0 ? "test" : "validation"
        var text = "## Results\n\n\(report.testStatement)\n\n"
        let ids = [
            "rocAUC", "averagePrecision", "sensitivity", "specificity", "accuracy",
            "balancedAccuracy", "brierScore", "expectedCalibrationError",
        ]
        let summaries = report.retrainings.compactMap { training -> (UInt64, Int, MetricSummary)? in
            let evaluated =
                facts.choosesBestEpoch
                ? training.bestValidation ?? training.lastEpoch : training.lastEpoch
            let summary = report.testOpenings > 0 ? evaluated.test : evaluated.validation
            return summary.map { (training.seed, evaluated.epoch, $0) }
        }
        guard let first = summaries.first?.2 else { return text + "No results.\n\n" }
        var table = MarkdownTable(
            ["Metric"] + summaries.map { "Seed \($0.0), epoch \($0.1)" },
            numeric: Set(1...max(summaries.count, 1)))
        for id in ids {
            guard let title = first[id]?.title else { continue }
            table.rows.append(
                [title]
                    + summaries.map {
                        EvaluationReport.value($0.2[id]?.value, $0.2[id]?.bootstrap)
                    })
        }
        table.rows.append(
            ["TP / FP / FN / TN"]
                + summaries.map {
                    let counts = $0.2.positiveCounts
                    return "\(counts.truePositives) / \(counts.falsePositives) / "
                        + "\(counts.falseNegatives) / \(counts.trueNegatives)"
                })
        text +=
            "On the \(split) split, \(first.scans) scans of \(first.patients) patients, "
            + (facts.choosesBestEpoch ? "at the best epoch on validation" : "at the last epoch")
            + "; in brackets \(decimal(first.plan.level * 100, 0)) % intervals by resampling "
            + "patients \(first.plan.resamples) times.\n\n" + table.text
        return text + EvaluationReport.majoritySentence(first) + "\n\n"
    }

    private var comparisonSection: String {
        let text = report.baselineSection + report.leakSection
        return text.isEmpty
            ? ""
            : text.replacing("## ", with: "### ").replacing(
                "### Baselines", with: "## Beside it\n\n### Baselines")
    }

    private var limitSection: String {
        let fixed = [
            "The intervals cover the choice of patients. Other hospitals, scanners, protocols and "
                + "populations are not in them.",
            "Labels were taken as the data set gives them; their errors are in the model.",
            "Probabilities are a softmax and were not recalibrated; see the Brier score and ECE.",
            "Class activation maps show where evidence came from, not that it was good evidence.",
        ]
        return "## Limits\n\n" + list(report.limits + fixed)
    }

    private var commandSection: String {
        let file = facts.files.first ?? "model.safetensors"
        return """
            ## How to use it

            ```
            voxelnas predict \(file) SCAN_OR_FOLDER --csv
            voxelnas cam \(file) SCAN --out maps
            voxelnas export onnx \(file) model.onnx
            ```

            """
    }

    private func list(_ lines: [String]) -> String {
        lines.isEmpty ? "" : lines.map { "- \($0)\n" }.joined() + "\n"
    }
}
