import Tensors

extension TaskResult {
    /// The largest magnitude that a gradient, a statistic or a logit may have: far above what a
    /// search that learns ever sees, far below what would overflow in the optimiser's squares.
    package static let largestMagnitude: Float = 1e8

    /// What makes the result no good, or `nil`: a number that is not finite or absurdly large.
    ///
    /// A function of the result alone, so that every process judges alike.
    ///
    /// - Complexity: One pass over the floats.
    package var fault: String? {
        if !(abs(loss) <= Double(Self.largestMagnitude)) { return "the loss is \(loss)" }
        if let value = Self.firstUnsound(logits) { return "a logit is \(value)" }
        if let value = Self.firstUnsound(slotProducts) { return "a slot product is \(value)" }
        for (set, name) in [(gradients, "gradient"), (statistics, "statistics")] {
            for id in set.operators {
                guard let value = Self.firstUnsound(set[id] ?? []) else { continue }
                return "the \(name) of \(id) has a value of \(value)"
            }
        }
        return nil
    }

    private static func firstUnsound(_ values: [Float]) -> Float? {
        values.isBounded(by: largestMagnitude)
            ? nil : values.first { !(abs($0) <= largestMagnitude) }
    }
}
