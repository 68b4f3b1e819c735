import Evaluation
import Testing

@Suite("Curves over thresholds")
struct CurveTests {
    static let scores = [0.1, 0.4, 0.35, 0.8]
    static let truth = [false, false, true, true]

    @Test("give scikit-learn's documented areas")
    func documentedExample() throws {
        let roc = try #require(ROCCurve(scores: Self.scores, isPositive: Self.truth))
        #expect(roc.area == 0.75)
        #expect(roc.points.map(\.falsePositiveRate) == [0, 0, 0.5, 0.5, 1])
        #expect(roc.points.map(\.truePositiveRate) == [0, 0.5, 0.5, 1, 1])
        #expect(roc.points.map(\.threshold) == [nil, 0.8, 0.4, 0.35, 0.1])
        let pr = try #require(PrecisionRecallCurve(scores: Self.scores, isPositive: Self.truth))
        #expect(close(pr.averagePrecision, 5.0 / 6))
        #expect(pr.prevalence == 0.5)
    }

    @Test("count a tie as half a win, whatever the order of the scans", arguments: [false, true])
    func ties(reversed: Bool) throws {
        // Positive 0.5 ties with one negative, positive 0.9 wins twice: (0.5 + 1 + 2) / 4.
        var scores = [0.5, 0.9, 0.5, 0.2]
        var truth = [true, true, false, false]
        if reversed {
            scores.reverse()
            truth.reverse()
        }
        let roc = try #require(ROCCurve(scores: scores, isPositive: truth))
        #expect(roc.area == 0.875)
        #expect(roc.points.count == 4)
        // Recall ½ at precision 1, recall 1 at precision ⅔.
        let pr = try #require(PrecisionRecallCurve(scores: scores, isPositive: truth))
        #expect(close(pr.averagePrecision, 0.5 + 0.5 * 2 / 3))
    }

    @Test("have the area under their points")
    func trapezoids() throws {
        let rows = try Samples.cohort(patients: 60, scans: 2, seed: 1)
        let roc = try #require(ROCCurve(of: rows, positive: 1))
        let area = zip(roc.points, roc.points.dropFirst()).reduce(0) { sum, pair in
            sum + (pair.1.falsePositiveRate - pair.0.falsePositiveRate)
                * (pair.0.truePositiveRate + pair.1.truePositiveRate) / 2
        }
        #expect(close(roc.area, area, 1e-12))
        #expect(roc.area > 0.7 && roc.area < 1)
    }

    @Test("do not exist without both classes")
    func singleClass() {
        #expect(ROCCurve(scores: [0.1, 0.2], isPositive: [true, true]) == nil)
        #expect(ROCCurve(scores: [0.1, 0.2], isPositive: [false, false]) == nil)
        #expect(ROCCurve(scores: [], isPositive: []) == nil)
        #expect(PrecisionRecallCurve(scores: [0.1], isPositive: [false]) == nil)
        #expect(PrecisionRecallCurve(scores: [0.1], isPositive: [true])?.averagePrecision == 1)
    }
}

@Suite("Calibration")
struct CalibrationTests {
    @Test("is measured as worked out by hand")
    func byHand() throws {
        let rows = try Samples.binary([0.9, 0.8, 0.3, 0.6], positive: [true, true, false, false])
        // Squares: 0.01, 0.04, 0.09, 0.36.
        #expect(close(Calibration.brierScore(of: rows, positive: 1), 0.125))
        #expect(close(Calibration.multiclassBrierScore(of: rows), 0.25))
        // -log(0.9·0.8·0.7·0.4) / 4.
        #expect(close(Calibration.logLoss(of: rows), 0.400_367_435_696_2, 1e-10))
        // Confidences 0.9, 0.8, 0.7 right and 0.6 wrong, each in a bin of its own.
        #expect(close(Calibration.expectedCalibrationError(of: rows), 0.3))
        // All in one bin: mean confidence 0.75, accuracy 0.75.
        #expect(close(Calibration.expectedCalibrationError(of: rows, bins: 1), 0))
    }

    @Test("puts a confidence on a bin's edge into the lower bin")
    func edges() throws {
        // 0.75 right and 0.8 wrong: apart with 4 bins, (½, ¾] and (¾, 1].
        let rows = try Samples.binary([0.75, 0.8], positive: [true, false])
        #expect(close(Calibration.expectedCalibrationError(of: rows, bins: 4), (0.25 + 0.8) / 2))
    }

    @Test("clips a confident mistake as scikit-learn does")
    func clipping() throws {
        let rows = try Samples.binary([0], positive: [true])
        #expect(close(Calibration.logLoss(of: rows), 36.043_653_389_117_15, 1e-10))
    }

    @Test("is nil without scans")
    func empty() throws {
        let rows = try Samples.binary([], positive: [])
        #expect(Metric.all.allSatisfy { $0.value(rows, 1) == nil })
    }
}
