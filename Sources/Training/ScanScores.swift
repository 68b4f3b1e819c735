import Evaluation
import SearchStrategies
import Tensors

/// How well logits fit labels.
package struct ScanScores: Hashable, Sendable {
    /// The probabilities of every scan.
    package let probabilities: [[Double]]
    /// The mean cross-entropy.
    package let loss: Double
    /// The share of scans whose most probable class is right.
    package let accuracy: Double
    /// The area under the ROC curve of the positive class; `nil` with one class only.
    package let area: Double?

    /// Scores of logits `[scans, classes]`.
    package init(logits: [Float], labels: [Int], classCount: Int, positiveClass: Int) {
        precondition(logits.count == labels.count * classCount, "one row of logits per scan")
        let rows = labels.indices.map { row in
            softmax(logits[(row * classCount)..<((row + 1) * classCount)].map(Double.init))
        }
        let count = Double(max(labels.count, 1))
        probabilities = rows
        loss =
            zip(rows, labels).reduce(0) {
                $0 - PortableMath.log(max($1.0[$1.1], .leastNormalMagnitude))
            } / count
        let correct = zip(rows, labels).filter { row, label in
            row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 } == label
        }
        accuracy = Double(correct.count) / count
        area = ROCCurve.area(
            scores: rows.map { $0[positiveClass] }, isPositive: labels.map { $0 == positiveClass })
    }
}
