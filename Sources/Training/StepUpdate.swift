import SearchSpaces
import Tasks
package import Tensors

/// Everything that a step does to the state of a search: with the configuration it determines the
/// next state, without any data or network.
package struct StepUpdate: Hashable, Sendable {
    /// A task whose result was no good on any worker, and so is absent from the step.
    package struct PoisonTask: Codable, Hashable, Sendable {
        /// The round.
        package let round: UInt64
        /// The position in the round.
        package let index: Int
        /// The scans of the micro-batch, by their index.
        package let scans: [Int]
        /// The network's digits.
        package let architecture: String
        /// What was wrong.
        package let reason: String
    }

    /// Steps done before.
    package let step: Int
    /// Rounds done before.
    package let round: UInt64
    /// The gradient of alpha's logits; `nil` where alpha does not learn.
    package var alphaGradient: [Float]?
    /// The folded gradient of the weights, before clipping.
    package var gradients = ParameterSet()
    /// The mean loss on D_V, 0 where alpha does not learn.
    package var alphaLoss = 0.0
    /// The mean loss on D_T.
    package var loss = 0.0
    /// The tasks that are absent.
    package var poison: [PoisonTask] = []

    /// An update that changes nothing yet.
    package init(step: Int, round: UInt64) {
        self.step = step
        self.round = round
    }
}

/// More tasks gave no sound result than a search may go on with.
package struct PoisonLimit: Error, Hashable, CustomStringConvertible {
    /// What was counted.
    package let description: String

    static func ofStep(_ count: Int, of tasks: Int, step: Int, _ reason: String) -> PoisonLimit {
        PoisonLimit(
            description:
                "step \(step): \(count) of \(tasks) tasks gave no sound result on any worker "
                + "(\(reason)); at most a quarter may. Look at the scans that the message or "
                + "poison.jsonl names; lower the learning rate, or set gradientClip")
    }

    static func ofEpoch(_ count: Int, of tasks: Int) -> PoisonLimit {
        PoisonLimit(
            description:
                "\(count) of \(tasks) tasks of this epoch gave no sound result on any worker; "
                + "at most 2 % may. poison.jsonl names their scans")
    }
}
