package import SearchSpaces
import Tensors

/// A path sampled from alpha, with the noise that chose it.
///
/// `argmax(alpha + noise)` with standard Gumbel noise has the probabilities `softmax(alpha)`,
/// whatever the temperature; the temperature enters the gradient only.
///
/// - SeeAlso: CovidNet3D, Equation 3; Jang, Gu & Poole, *Categorical reparameterization with
///   Gumbel-softmax*, 2017.
package struct SampledPath: Hashable, Sendable {
    /// The chosen operation of every slot.
    package let architecture: Architecture
    /// The Gumbel noise, `[slots, operations]` in row-major order.
    package let noise: [Double]

    /// Samples a path, as a function of seed and counters.
    package init(
        from alpha: ArchitectureParameters, seed: UInt64, step: UInt32, phase: UInt32, path: UInt32
    ) {
        var stream = RandomStream(seed: seed, name: "gumbel", counters: step, phase, path)
        let noise = alpha.logits.map { _ in stream.nextGumbel() }
        let width = alpha.operations
        architecture = Architecture(
            choices: (0..<alpha.slots).map { slot in
                let start = slot * width
                return (0..<width).reduce(0) { best, column in
                    let candidate = Double(alpha.logits[start + column]) + noise[start + column]
                    let leader = Double(alpha.logits[start + best]) + noise[start + best]
                    return candidate > leader ? column : best
                }
            })
        self.noise = noise
    }

    /// A path and noise as given, for replays.
    package init(architecture: Architecture, noise: [Double]) {
        self.architecture = architecture
        self.noise = noise
    }
}
