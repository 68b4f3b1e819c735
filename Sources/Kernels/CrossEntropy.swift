internal import Tensors

/// Softmax cross-entropy, averaged over the batch as PyTorch's `cross_entropy` does.
///
/// Computed in double with this project's own exponential and logarithm, so that the loss has the
/// same bits everywhere.
///
/// - Parameters:
///   - logits: `[samples, classes]`.
///   - labels: The class of each sample.
///   - classes: The number of classes.
///   - labelSmoothing: The share of the target that is spread over all classes.
///   - classWeights: A weight per class; the mean divides by the sum of the labels' weights.
/// - Returns: The mean loss and its gradient with respect to the logits.
package func crossEntropy(
    logits: [Float], labels: [Int], classes: Int, labelSmoothing: Double = 0,
    classWeights: [Double]? = nil
) -> (loss: Double, gradient: [Float]) {
    precondition(logits.count == labels.count * classes, "logits and labels disagree")
    precondition(classWeights.map { $0.count == classes } ?? true, "one weight per class")
    let weights = classWeights ?? Array(repeating: 1, count: classes)
    let total = labels.reduce(0.0) { $0 + weights[$1] }
    let spread = labelSmoothing / Double(classes)
    var loss = 0.0
    var gradient: [Float] = []
    gradient.reserveCapacity(logits.count)
    for (sample, label) in labels.enumerated() {
        let row = logits[(sample * classes)..<((sample + 1) * classes)].map(Double.init)
        let largest = row.max() ?? 0
        let exponentials = row.map { PortableMath.exp($0 - largest) }
        let sum = exponentials.reduce(0, +)
        let logSum = largest + PortableMath.log(sum)
        // The weight of each class's log probability in this sample's loss.
        let targets = (0..<classes).map {
            weights[$0] * (spread + ($0 == label ? 1 - labelSmoothing : 0))
        }
        let mass = targets.reduce(0, +)
        for index in 0..<classes {
            loss += targets[index] * (logSum - row[index])
            gradient.append(
                Float((mass * exponentials[index] / sum - targets[index]) / total))
        }
    }
    return (loss / total, gradient)
}
