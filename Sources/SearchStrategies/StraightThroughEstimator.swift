import SearchSpaces

/// The gradient of alpha from one sampled path.
///
/// The forward weight of the sampled branch is 1 and of the others 0; backward, with
/// `Z = softmax((alpha + G) / tau)` and `g = ⟨dL/dy, y⟩` of a slot's output,
/// `dL/dalpha_k = g · Z_s · (δ_sk − Z_k) / tau`.
///
/// - SeeAlso: CovidNet3D, Equation 3; Bengio, Léonard & Courville, 2013.
package struct StraightThroughEstimator: Sendable {
    /// The temperature tau.
    package let temperature: Double

    /// An estimator at a temperature.
    package init(temperature: Double) {
        self.temperature = temperature
    }

    /// The gradient of every logit.
    ///
    /// - Parameters:
    ///   - alpha: The logits that the path was sampled from.
    ///   - path: The path and its noise.
    ///   - slotProducts: `⟨dL/dy, y⟩` of every slot's output.
    /// - Returns: The gradient, `[slots, operations]` in row-major order.
    package func gradient(
        alpha: ArchitectureParameters, path: SampledPath, slotProducts: [Double]
    ) -> [Double] {
        var gradient: [Double] = []
        gradient.reserveCapacity(alpha.logits.count)
        for slot in 0..<alpha.slots {
            let start = slot * alpha.operations
            let weights = softmax(
                (0..<alpha.operations).map {
                    (Double(alpha.logits[start + $0]) + path.noise[start + $0]) / temperature
                })
            let chosen = path.architecture.choices[slot]
            for column in 0..<alpha.operations {
                let delta = column == chosen ? 1.0 : 0.0
                gradient.append(
                    slotProducts[slot] * weights[chosen] * (delta - weights[column]) / temperature)
            }
        }
        return gradient
    }
}
