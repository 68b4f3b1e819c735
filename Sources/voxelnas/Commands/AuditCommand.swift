import ArgumentParser
import Evaluation
import Foundation

/// `voxelnas audit`.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Finds the confusion matrix behind a published precision and sensitivity.",
        discussion: """
            Both are fractions of whole numbers of scans, so a row of a table often fits one matrix \
            only, or none: then it was not computed on the scans that it names. Values above 1 are \
            per cent. Ends with 1 when nothing fits.

            voxelnas audit --precision 92.68 --sensitivity 90.48 --positives 42 --negatives 82
            """)

    @Option(help: "As printed: 0.9268 or 92.68.") var precision: String
    @Option(help: "As printed; also called recall.") var sensitivity: String
    @Option(help: "Positive scans that the publication names.") var positives: Int
    @Option(help: "Negative scans that the publication names.") var negatives: Int
    @Option(help: "The accuracy as printed, to hold beside that of the matrix.")
    var accuracy: String?
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard positives > 0, negatives >= 0, positives <= 100_000, negatives <= 100_000 else {
            throw ValidationError("--positives takes 1 to 100000, --negatives 0 to 100000")
        }
        for text in [precision, sensitivity] + (accuracy.map { [$0] } ?? []) {
            _ = try Printed(text)
        }
    }

    /// A number as a table prints it, and how much its last digit is worth.
    struct Printed {
        let value: Double
        let unit: Double

        init(_ text: String) throws {
            let digits = text.split(separator: ".", omittingEmptySubsequences: false)
            guard let number = Double(text), (0...100).contains(number), digits.count <= 2 else {
                throw ValidationError("'\(text)' is no share or percentage")
            }
            var unit = 1.0
            for _ in 0..<(digits.count == 2 ? digits[1].count : 0) { unit /= 10 }
            let isPercentage = number > 1
            value = isPercentage ? number / 100 : number
            self.unit = isPercentage ? unit / 100 : unit
        }
    }

    /// A matrix that fits.
    private struct Match: Encodable {
        let truePositives: Int
        let falsePositives: Int
        let falseNegatives: Int
        let trueNegatives: Int
        let accuracy: Double?
        let specificity: Double?
        let balancedAccuracy: Double?
    }

    func run() async throws {
        try await explainingFailures {
            let (printed, recall) = (try Printed(precision), try Printed(sensitivity))
            let found = TableAuditor(positives: positives, negatives: negatives).matrices(
                precision: printed.value, sensitivity: recall.value,
                tolerance: max(printed.unit, recall.unit))
            if json {
                try printJSON(
                    found.map {
                        Match(
                            truePositives: $0.truePositives, falsePositives: $0.falsePositives,
                            falseNegatives: $0.falseNegatives, trueNegatives: $0.trueNegatives,
                            accuracy: $0.accuracy, specificity: $0.specificity,
                            balancedAccuracy: $0.balancedAccuracy)
                    })
            } else if found.isEmpty {
                print(
                    "no confusion matrix of \(positives) positive and \(negatives) negative scans "
                        + "gives these values: they were computed on other scans")
            } else {
                show(found)
            }
            if found.isEmpty { throw ExitCode.failure }
        }
    }

    private func show(_ found: [BinaryCounts]) {
        func percent(_ value: Double?) -> String {
            value.map { String(format: "%.2f %%", $0 * 100) } ?? "n/a"
        }
        var table = Table(
            "TP", "FP", "FN", "TN", "accuracy", "specificity", "balanced accuracy")
        for counts in found {
            table.append(
                "\(counts.truePositives)", "\(counts.falsePositives)", "\(counts.falseNegatives)",
                "\(counts.trueNegatives)", percent(counts.accuracy), percent(counts.specificity),
                percent(counts.balancedAccuracy))
        }
        print(table.text)
        let majority = Double(max(positives, negatives)) / Double(positives + negatives)
        print("always the more frequent class: \(percent(majority))")
        guard let accuracy, let claim = try? Printed(accuracy) else { return }
        let agrees = found.contains { abs(($0.accuracy ?? -1) - claim.value) <= claim.unit + 1e-9 }
        print(
            agrees
                ? "the printed accuracy agrees"
                : "the printed accuracy \(accuracy) is not that of any of these matrices (with more "
                    + "than two classes it counts more than these)")
    }
}
