package import Tensors

/// The loss of a training step: cross-entropy, averaged over the batch as PyTorch does.
package struct LossConfiguration: Hashable, Sendable {
    /// The share of the target that is spread over all classes, from 0 up to 1.
    package let labelSmoothing: Double
    /// A weight per class, or `nil` for equal ones; the mean divides by the sum of the weights of
    /// the labels.
    package let classWeights: [Double]?

    /// A loss.
    package init(labelSmoothing: Double = 0, classWeights: [Double]? = nil) {
        self.labelSmoothing = labelSmoothing
        self.classWeights = classWeights
    }
}

/// Dropout before the classifier.
package struct Dropout: Sendable {
    /// The probability that a value is dropped.
    package let rate: Double
    /// Where the mask comes from; keyed by the caller with step, phase and task.
    package let stream: RandomStream

    /// A dropout rate and the source of its mask.
    package init(rate: Double, stream: RandomStream) {
        self.rate = rate
        self.stream = stream
    }
}

/// What a training step shall compute besides the loss.
package struct StepOutputs: OptionSet, Hashable, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    /// The gradients of all parameters.
    package static let gradients = StepOutputs(rawValue: 1)
    /// `<dL/dy, y>` for the output y of every slot.
    package static let slotProducts = StepOutputs(rawValue: 2)
}

/// What a training step gives.
package struct StepResult: Sendable {
    /// The mean loss over the batch.
    package let loss: Double
    /// The logits, `[samples, classes]`.
    package let logits: Tensor
    /// The gradients of the mean loss, one block per operator of the path; `nil` if not wanted.
    package let gradients: ParameterSet?
    /// `<dL/dy, y>` for the output y, shortcut included, of every slot; empty if not wanted.
    package let slotProducts: [Float]
    /// Per operator with batch norms: mean and unbiased variance of each, in the order of
    /// ``OperatorLayout/normalizations``.
    package let statistics: ParameterSet
}

/// Why a step could not run.
package enum ExecutionError: Error, Hashable, CustomStringConvertible {
    /// An operator of the path has no block of parameters.
    case missingParameters(OperatorID)
    /// A block does not have as many floats as the operator's layout.
    case wrongParameterCount(OperatorID, expected: Int, found: Int)
    /// An operator of the path has no statistics.
    case missingStatistics(OperatorID)
    /// The input has the wrong number of elements.
    case wrongInputCount(expected: Int, found: Int)
    /// The labels do not match the batch, or one is no class.
    case wrongLabels([Int], samples: Int, classes: Int)

    package var description: String {
        switch self {
        case .missingParameters(let id): "operator '\(id)' of the path has no parameters"
        case .wrongParameterCount(let id, let expected, let found):
            "operator '\(id)' needs a block of \(expected) floats, found \(found)"
        case .missingStatistics(let id):
            "operator '\(id)' of the path has no batch-norm statistics; recalibrate first"
        case .wrongInputCount(let expected, let found):
            "the input has \(found) elements, the plan needs \(expected)"
        case .wrongLabels(let labels, let samples, let classes):
            "labels \(labels) do not fit \(samples) samples of \(classes) classes"
        }
    }
}
