extension EvaluationReport {
    /// The report for people.
    package func markdown() -> String {
        let sections = [
            heading, dataSection, candidateSection, resultSection, baselineSection,
            comparisonSection, leakSection, timingSection, limitSection,
        ]
        let text = sections.filter { !$0.isEmpty }.joined()
        return String(text.dropLast())
    }

    private var heading: String {
        """
        # Evaluation of \(runName)

        **Research use only.** Nothing in this report supports a diagnosis or a decision about a \
        patient.
        \(cautionParagraph)
        \(testStatement)

        """ + "\n"
    }

    /// The caution, in bold between empty lines; an empty line where there is none.
    var cautionParagraph: String { caution.map { "\n**\($0).**\n" } ?? "" }

    /// Whether the test numbers are fair, in one sentence.
    var testStatement: String {
        switch testOpenings {
        case ...0: "The test split has not been opened: all numbers below are from validation."
        case 1:
            "The test split was opened once, after every choice had been made on the training and "
                + "validation splits."
        default:
            "**The test split was opened \(testOpenings) times.** Choices made after the first "
                + "opening may have used it, and the test numbers may be too good."
        }
    }

    private var dataSection: String {
        var splits = MarkdownTable(
            ["Split", "Patients", "Scans"] + classes,
            numeric: Set(1...(2 + classes.count)))
        for split in data.splits {
            splits.rows.append(
                [split.name, "\(split.patients)", "\(split.scansPerClass.reduce(0, +))"]
                    + split.scansPerClass.map { "\($0)" })
        }
        let prints = data.fingerprints.map { "- \($0.name): `\($0.value)`\n" }.joined()
        return "## Data\n\n\(data.name). The positive class is \(positiveClass); every other class "
            + "counts as negative.\n\n" + splits.text + (prints.isEmpty ? "" : prints + "\n")
    }

    private var candidateSection: String {
        guard !candidates.isEmpty else { return "" }
        var table = MarkdownTable(
            ["Architecture", "Supernet score", "Short-train score", "Parameters", "MACs", ""],
            numeric: [1, 2, 3, 4])
        for candidate in candidates {
            table.rows.append([
                "`\(candidate.code)`", decimal(candidate.supernetScore, 4),
                decimal(candidate.shortTrainScore, 4), Self.count(candidate.parameters),
                Self.count(candidate.multiplyAccumulates), candidate.isChosen ? "retrained" : "",
            ])
        }
        return "## Candidates\n\n" + table.text + rankSentence
    }

    /// How far the supernet's order agrees with the order after short training.
    private var rankSentence: String {
        let pairs = candidates.compactMap { candidate -> (Double, Double)? in
            guard let first = candidate.supernetScore, let second = candidate.shortTrainScore
            else { return nil }
            return (first, second)
        }
        let (first, second) = (pairs.map(\.0), pairs.map(\.1))
        guard pairs.count > 2, let tau = RankCorrelation.kendallTauB(first, second),
            let error = RankCorrelation.kendallNullStandardError(count: pairs.count)
        else { return "" }
        let start =
            "Supernet and short-train scores of \(pairs.count) candidates agree with Kendall's "
            + "τ-b \(decimal(tau, 2)) and Spearman's ρ "
            + decimal(RankCorrelation.spearman(first, second), 2)
        guard pairs.count >= 8 else { return start + ", which says little for so few.\n\n" }
        return start + "; orders with nothing in common give τ within "
            + "±\(decimal(2 * error, 2)) in 19 of 20 cases.\n\n"
    }

    private var comparisonSection: String {
        guard !comparisons.isEmpty else { return "" }
        var table = MarkdownTable(
            ["Pair", "AUC difference (95 % interval)", "DeLong p", "McNemar p", "Right alone"],
            numeric: [1, 2, 3, 4])
        for entry in comparisons {
            let alone = entry.mcNemar.map { "\($0.onlyFirst) : \($0.onlySecond)" } ?? "n/a"
            table.rows.append([
                entry.name, Self.value(entry.areaDifference?.estimate, entry.areaDifference),
                decimal(entry.deLong?.pValue, 4), decimal(entry.mcNemar?.pValue, 4), alone,
            ])
        }
        return "## Paired comparisons\n\n" + table.text
            + "Intervals resample patients. DeLong and McNemar count scans as independent, which "
            + "makes their p-values too small where patients have several scans.\n\n"
    }

    private var timingSection: String {
        guard !timings.isEmpty else { return "" }
        var table = MarkdownTable(["Stage", "Time"], numeric: [1])
        for timing in timings { table.rows.append([timing.stage, Self.time(timing.seconds)]) }
        return "## Time\n\n" + table.text
    }

    private var limitSection: String {
        let fixed = [
            "Research use only: not a medical device, not validated for clinical use.",
            "Intervals cover the choice of patients, not of hospitals, scanners or random seeds.",
        ]
        return "## Limits\n\n" + (limits + fixed).map { "- \($0)\n" }.joined() + "\n"
    }
}

extension EvaluationReport {
    /// A value with its interval: `0.912 (0.870–0.948)`.
    static func value(_ value: Double?, _ bootstrap: BootstrapInterval?) -> String {
        interval(value, bootstrap?.interval)
    }

    /// A value with any interval.
    static func interval(_ value: Double?, _ interval: ConfidenceInterval?) -> String {
        guard let value else { return "n/a" }
        guard let interval else { return decimal(value, 3) }
        return "\(decimal(value, 3)) (\(decimal(interval.lower, 3))–\(decimal(interval.upper, 3)))"
    }

    /// A count in thousands, millions or billions.
    static func count(_ value: Int?) -> String {
        guard let value else { return "n/a" }
        switch value {
        case ..<10_000: return "\(value)"
        case ..<1_000_000: return decimal(Double(value) / 1e3, 1) + " k"
        case ..<1_000_000_000: return decimal(Double(value) / 1e6, 2) + " M"
        default: return decimal(Double(value) / 1e9, 2) + " G"
        }
    }

    private static func time(_ seconds: Double) -> String {
        if seconds < 120 { return decimal(seconds, 1) + " s" }
        if seconds < 7200 { return decimal(seconds / 60, 1) + " min" }
        return decimal(seconds / 3600, 1) + " h"
    }
}
