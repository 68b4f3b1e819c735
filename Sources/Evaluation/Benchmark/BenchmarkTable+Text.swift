package import Foundation

extension BenchmarkTable {
    /// The table for people.
    package func markdown() -> String {
        var text = "# Benchmark: \(runName)\n\n"
        if let caution { text += "**\(caution).**\n\n" }
        let epoch =
            checkpoint == "last"
            ? "The last epoch counts" : "The epoch was chosen on the validation split"
        text += """
            Research use only. Every network was trained from scratch on the same scans with the same \
            protocol and saw volumes of \(input). \(epoch); the test list was opened once for all networks together, and \
            \(testOpenings == 1 ? "never before" : "\(testOpenings) times over the life of the run").


            """
        text += """
            Test list: \(scans) scans of \(patients) patients; positive is \(positiveClass). Always \
            naming \(majorityClass ?? "the most frequent class") would be right for \
            \(percent(majorityClassAccuracy)). Numbers are means over seeds with \
            \(decimal(plan.level * 100, 0)) % intervals of \(plan.resamples) resamples of patients; \
            ± is the standard deviation over seeds.


            """
        return text + costs + results + comparisons
    }

    /// The table as indented JSON with sorted keys.
    ///
    /// - Throws: `EncodingError` if a number is not finite.
    package func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        var data = try encoder.encode(self)
        data.append(0x0a)
        return data
    }

    /// Reads what ``json()`` writes.
    ///
    /// - Throws: `DecodingError` naming the first key that is missing or of the wrong kind.
    package init(json: Data) throws {
        self = try JSONDecoder().decode(BenchmarkTable.self, from: json)
    }

    private var costs: String {
        var table = MarkdownTable(
            ["Network", "What it is", "Parameters", "Size (MB)", "GMAC", "Latency (ms)", "Seeds"],
            numeric: [2, 3, 4, 5, 6])
        for row in rows {
            table.rows.append([
                row.name, row.note, "\(row.cost.parameters)", decimal(row.cost.megabytes, 2),
                decimal(Double(row.cost.multiplyAdds) / 1e9, 2),
                decimal(row.cost.latencySeconds.map { $0 * 1000 }, 1), "\(row.epochs.count)",
            ])
        }
        return "## Networks\n\n" + table.text
    }

    private var results: String {
        let titles = Self.metricIDs.map { Metric.named($0)?.title ?? $0 }
        var table = MarkdownTable(["Network"] + titles, numeric: Set(1...titles.count))
        for row in rows {
            table.rows.append([row.name] + Self.metricIDs.map { cell(row[$0]) })
        }
        var seeds = MarkdownTable(
            ["Network", "Seed", "Epoch", "Confusion (rows: true class)", "ROC-AUC"],
            numeric: [1, 2, 4])
        for row in rows {
            for (index, confusion) in row.confusions.enumerated() {
                seeds.rows.append([
                    row.name, "\(index + 1)", "\(row.epochs[index])",
                    confusion.counts.map { "\($0)" }.joined(separator: " "),
                    decimal(row["rocAUC"]?.seeds[index], 4),
                ])
            }
        }
        return "## Results on the test list\n\n" + table.text + "## Every seed\n\n" + seeds.text
    }

    private func cell(_ value: Value?) -> String {
        guard let value, let mean = value.mean else { return "n/a" }
        var text = decimal(mean, 3)
        if let deviation = value.deviation { text += " ± " + decimal(deviation, 3) }
        if let interval = value.bootstrap?.interval {
            text += " (\(decimal(interval.lower, 3)) to \(decimal(interval.upper, 3)))"
        }
        return text
    }

    private var comparisons: String {
        guard !pairs.isEmpty else { return "" }
        var table = MarkdownTable(
            ["Pair", "Difference of ROC-AUC", "DeLong p, per seed", "McNemar p, per seed"])
        for pair in pairs {
            let difference = pair.areaDifference.map {
                "\(decimal($0.estimate, 3)) (\(decimal($0.interval.lower, 3)) to "
                    + "\(decimal($0.interval.upper, 3)))"
            }
            table.rows.append([
                "\(pair.first) − \(pair.second)", difference ?? "n/a",
                pair.deLong.map { decimal($0.pValue, 3) }.joined(separator: ", "),
                pair.mcNemar.map { decimal($0.pValue, 3) }.joined(separator: ", "),
            ])
        }
        return """
            ## Pairs

            The p-values take scans as independent and are not corrected for the number of pairs; an \
            interval that holds 0 shows no difference.


            """ + table.text
    }
}
