/// How often a model is right among scans on which it is about equally sure.
package struct ReliabilityBin: Hashable, Codable, Sendable {
    /// The mean of the largest probabilities.
    package let confidence: Double
    /// The share of right answers.
    package let accuracy: Double
    /// The number of scans.
    package let scans: Int

    /// The bins of equal width that hold scans, by rising confidence; bin k of n holds
    /// (k/n, (k+1)/n], as in ``Calibration/expectedCalibrationError(of:bins:)``.
    package static func bins(
        of predictions: Predictions, count: Int = Calibration.defaultBins
    ) -> [ReliabilityBin] {
        precondition(count > 0, "at least one bin")
        var sums = [(confidence: Double, right: Int, scans: Int)](
            repeating: (0, 0, 0), count: count)
        for row in predictions.rows {
            let confidence = row.probabilities[row.predicted]
            let bin = min(max(Int((confidence * Double(count)).rounded(.up)) - 1, 0), count - 1)
            sums[bin].confidence += confidence
            sums[bin].right += row.predicted == row.label ? 1 : 0
            sums[bin].scans += 1
        }
        return sums.filter { $0.scans > 0 }.map { sum in
            ReliabilityBin(
                confidence: sum.confidence / Double(sum.scans),
                accuracy: Double(sum.right) / Double(sum.scans), scans: sum.scans)
        }
    }
}

extension CurveChart {
    /// Confidence against accuracy, one line per model, with the diagonal of honesty.
    package static func calibration(
        _ models: [(name: String, predictions: Predictions)], title: String = "Calibration"
    ) -> CurveChart {
        let lines = models.map { name, predictions in
            let error = Calibration.expectedCalibrationError(of: predictions)
            return Series(
                "\(name): ECE \(decimal(error, 3))",
                points: ReliabilityBin.bins(of: predictions).map { ($0.confidence, $0.accuracy) })
        }
        let honest = Series("As sure as right", points: [(0, 0), (1, 1)], isReference: true)
        let scans = models.first.map { "\($0.predictions.rows.count) scans. " } ?? ""
        return CurveChart(
            title: title, axes: ("Confidence", "Accuracy"), series: lines + [honest],
            notes: [
                scans + "Below the line: surer than right. Points of few scans scatter widely."
            ])
    }
}
