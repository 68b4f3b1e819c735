import Evaluation

/// Test predictions of several trainings in one file.
package struct TestPredictionsTable: Sendable {
    private let predictions: [EvaluationStage.TestPredictions]

    /// A table of predictions.
    package init(_ predictions: [EvaluationStage.TestPredictions]) {
        self.predictions = predictions
    }

    /// One row per scan of the test list and trained model, with a header.
    package var csv: String {
        var lines: [String] = []
        for entry in predictions {
            let rows = entry.predictions.csv.split(separator: "\n")
            if lines.isEmpty { lines.append("model,seed,checkpoint," + rows[0]) }
            lines += rows.dropFirst().map {
                "\(entry.model),\(entry.seed),\(entry.checkpoint),\($0)"
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
