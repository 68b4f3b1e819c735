package import SearchSpaces
import Tensors

/// Alpha: a logit per slot and candidate operation.
///
/// - SeeAlso: CovidNet3D, Equation 3, where the logits are written as the logarithms of
///   unnormalised weights.
package struct ArchitectureParameters: Hashable, Sendable {
    /// The number of slots.
    package let slots: Int
    /// The number of candidates per slot.
    package let operations: Int
    /// The logits, `[slots, operations]` in row-major order.
    package var logits: [Float]

    /// Logits as given.
    package init(slots: Int, operations: Int, logits: [Float]) {
        precondition(logits.count == slots * operations, "one logit per slot and operation")
        self.slots = slots
        self.operations = operations
        self.logits = logits
    }

    /// Small normal logits, a function of the seed.
    package init(space: SearchSpace, standardDeviation: Double, seed: UInt64) {
        var stream = RandomStream(seed: seed, name: "alpha")
        let count = space.slotCount * space.operations.count
        self.init(
            slots: space.slotCount, operations: space.operations.count,
            logits: (0..<count).map { _ in Float(stream.nextNormal() * standardDeviation) })
    }

    /// The logits of one slot.
    package func row(_ slot: Int) -> ArraySlice<Float> {
        logits[(slot * operations)..<((slot + 1) * operations)]
    }

    /// The sampling probabilities of one slot, `softmax(alpha)`.
    package func probabilities(ofSlot slot: Int) -> [Double] {
        softmax(row(slot).map(Double.init))
    }

    /// The most probable operation of every slot; the first of equals.
    package var mostProbable: Architecture {
        Architecture(
            choices: (0..<slots).map { slot in
                let values = Array(row(slot))
                return values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 }
            })
    }

    /// The mean over slots of the entropy of the sampling probabilities, in nats.
    package var meanEntropy: Double {
        let total = (0..<slots).reduce(0.0) { sum, slot in
            probabilities(ofSlot: slot).reduce(sum) { partial, probability in
                probability > 0 ? partial - probability * PortableMath.log(probability) : partial
            }
        }
        return total / Double(slots)
    }
}

/// The softmax of some logits, in double precision with portable arithmetic.
package func softmax(_ logits: [Double]) -> [Double] {
    let largest = logits.max() ?? 0
    let powers = logits.map { PortableMath.exp($0 - largest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
}
