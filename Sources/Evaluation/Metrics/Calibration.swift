import Tensors

/// Whether probabilities mean what they say.
package enum Calibration {
    /// The bins of ``expectedCalibrationError(of:bins:)`` in reports.
    package static let defaultBins = 10

    /// The mean squared difference between one class's probability and whether it is the truth.
    ///
    /// `brier_score_loss` for two classes; 0 is best, 1 worst. `nil` without scans.
    package static func brierScore(of predictions: Predictions, positive: Int) -> Double? {
        mean(predictions) { row in
            let error = row.probabilities[positive] - (row.label == positive ? 1 : 0)
            return error * error
        }
    }

    /// Brier's own score: squared differences summed over all classes, 0 to 2.
    ///
    /// `brier_score_loss(scale_by_half: false)`.
    ///
    /// - SeeAlso: Brier, *Verification of forecasts expressed in terms of probability*, 1950.
    package static func multiclassBrierScore(of predictions: Predictions) -> Double? {
        mean(predictions) { row in
            row.probabilities.enumerated().reduce(0) { sum, entry in
                let error = entry.element - (entry.offset == row.label ? 1 : 0)
                return sum + error * error
            }
        }
    }

    /// The mean of -log of the true class's probability, in nats; `nil` without scans.
    ///
    /// As `log_loss`: probabilities are first clipped to 2⁻⁵²…1-2⁻⁵², so that a confident
    /// mistake costs 36 and not infinity.
    package static func logLoss(of predictions: Predictions) -> Double? {
        mean(predictions) { row in
            let clipped = min(max(row.probabilities[row.label], 0x1p-52), 1 - 0x1p-52)
            return -PortableMath.log(clipped)
        }
    }

    /// The mean gap between confidence and accuracy over bins of equal width.
    ///
    /// Confidence is the largest probability; bin k of n holds (k/n, (k+1)/n]. The estimate is
    /// biased upwards on small sets: a perfectly calibrated model does not reach 0.
    ///
    /// - SeeAlso: Guo et al., *On calibration of modern neural networks*, 2017, equation 3.
    package static func expectedCalibrationError(
        of predictions: Predictions, bins: Int = defaultBins
    ) -> Double? {
        precondition(bins > 0, "at least one bin")
        guard !predictions.rows.isEmpty else { return nil }
        var gaps = [Double](repeating: 0, count: bins)
        for row in predictions.rows {
            let confidence = row.probabilities[row.predicted]
            let bin = Int((confidence * Double(bins)).rounded(.up)) - 1
            gaps[min(max(bin, 0), bins - 1)] += confidence - (row.predicted == row.label ? 1 : 0)
        }
        return gaps.reduce(0) { $0 + abs($1) } / Double(predictions.rows.count)
    }

    private static func mean(
        _ predictions: Predictions, of loss: (Prediction) -> Double
    ) -> Double? {
        guard !predictions.rows.isEmpty else { return nil }
        return predictions.rows.reduce(0) { $0 + loss($1) } / Double(predictions.rows.count)
    }
}
