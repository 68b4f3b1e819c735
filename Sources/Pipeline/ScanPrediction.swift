package import CTData

/// What a saved model says about one scan, or why it says nothing.
package struct ScanPrediction: Codable, Hashable, Sendable {
    /// The scan.
    package let scan: String
    /// The most probable class.
    package let predicted: String?
    /// One probability per class.
    package let probabilities: [Double]?
    /// One logit per class, as many digits as reading it back takes.
    package let logits: [Double]?
    /// Why there is no prediction.
    package let error: String?

    /// Reads, prepares and classifies a scan; a scan that cannot be read is a result as well.
    package init(of scan: ScanReference, by network: SavedNetwork) {
        self.scan = scan.id
        do {
            let logits = try network.logits(of: network.prepared(scan).input)
            let values = SavedNetwork.probabilities(logits)
            probabilities = values
            predicted =
                network.classNames[
                    values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 }]
            self.logits = logits.map(Double.init)
            error = nil
        } catch {
            (predicted, probabilities, logits) = (nil, nil, nil)
            self.error = "\(error)"
        }
    }

    /// The header of ``csvRow``.
    package static func csvHeader(classes: [String]) -> String {
        let columns =
            ["scan", "prediction"] + classes.map { "p_\($0)" } + classes.map { "l_\($0)" }
        return (columns + ["error", "use"]).map(field).joined(separator: ",")
    }

    /// The prediction as a line of a table with as many class columns as the model has.
    package func csvRow(classes: Int) -> String {
        let none = Array(repeating: "", count: classes)
        let cells =
            [scan, predicted ?? ""] + (probabilities?.map { "\($0)" } ?? none)
            + (logits?.map { "\($0)" } ?? none) + [error ?? "", "research only"]
        return cells.map(Self.field).joined(separator: ",")
    }

    private static func field(_ text: String) -> String {
        guard text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
