import Evaluation
import Testing

@Suite("A confusion matrix")
struct ConfusionMatrixTests {
    /// Rows are true classes: 5 of A, 4 of B, 1 of C.
    static let three = ConfusionMatrix(
        classes: ["A", "B", "C"], counts: [[4, 1, 0], [1, 2, 1], [0, 1, 0]])

    @Test("counts pairs of true and predicted classes")
    func counting() {
        let matrix = ConfusionMatrix(
            classes: ["A", "B"], actual: [0, 0, 1, 1, 1], predicted: [0, 1, 1, 1, 0])
        #expect(matrix.counts == [[1, 1], [1, 2]])
        #expect(matrix.actualTotals == [2, 3])
        #expect(matrix.predictedTotals == [2, 3])
    }

    @Test("reduces to one class against the rest")
    func binary() {
        let counts = Self.three.counts(positive: 1)
        #expect(
            counts
                == BinaryCounts(
                    truePositives: 2, falsePositives: 2, falseNegatives: 2, trueNegatives: 4))
        #expect(counts.precision == 0.5)
        #expect(counts.sensitivity == 0.5)
        #expect(close(counts.specificity, 4.0 / 6))
        #expect(close(counts.negativePredictiveValue, 4.0 / 6))
        #expect(counts.f1 == 0.5)
        #expect(counts.accuracy == 0.6)
        #expect(close(counts.balancedAccuracy, (0.5 + 4.0 / 6) / 2))
    }

    @Test("gives the multi-class metrics worked out by hand")
    func multiclass() {
        #expect(Self.three.accuracy == 0.6)
        #expect(Self.three.majorityClassAccuracy == 0.5)
        #expect(Self.three.majorityClass == 0)
        // Recalls 4/5, 2/4 and 0/1.
        #expect(close(Self.three.balancedAccuracy, 1.3 / 3))
        // F1: 8/10, 4/8 and 0/2.
        #expect(close(Self.three.macroF1, 1.3 / 3))
        // (6·10 - 42) / √((100 - 42)·(100 - 42)): true 5, 4, 1 and predicted 5, 4, 1.
        #expect(close(Self.three.matthewsCorrelation, 18.0 / 58))
    }

    @Test("leaves what is not defined out, and calls nothing NaN")
    func undefined() {
        let empty = ConfusionMatrix(classes: ["A", "B"], counts: [[0, 0], [0, 0]])
        #expect(empty.accuracy == nil)
        #expect(empty.majorityClassAccuracy == nil)
        #expect(empty.majorityClass == nil)
        #expect(empty.balancedAccuracy == nil)
        #expect(empty.macroF1 == nil)
        #expect(empty.matthewsCorrelation == nil)
        let single = ConfusionMatrix(
            classes: ["A", "B", "C"], counts: [[3, 1, 0], [0, 0, 0], [0, 0, 0]])
        #expect(single.balancedAccuracy == 0.75)
        // F1 of A is 6/7, of B 0; C occurs nowhere.
        #expect(close(single.macroF1, 3.0 / 7))
        #expect(single.matthewsCorrelation == 0)
        let absent = single.counts(positive: 2)
        #expect(absent.precision == nil)
        #expect(absent.sensitivity == nil)
        #expect(absent.f1 == nil)
        #expect(absent.specificity == 1)
        #expect(absent.balancedAccuracy == nil)
    }
}
