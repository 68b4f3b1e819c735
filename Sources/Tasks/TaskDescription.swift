package import SearchSpaces
package import Tensors

/// The name of a set of parameters that the coordinator holds, such as `supernet` or `retrain-2`.
package struct ModelID: Hashable, Codable, Sendable, CustomStringConvertible {
    /// The name.
    package let name: String

    /// The model of the given name.
    package init(_ name: String) {
        self.name = name
    }

    /// The shared-weight supernet.
    package static let supernet = ModelID("supernet")

    package var description: String { name }
}

/// One unit of work: everything that a worker needs besides parameters, alpha and data.
///
/// It carries counters and seeds, never random numbers and never a path of a file.
package struct TaskDescription: Hashable, Sendable {
    /// What is computed.
    package enum Kind: UInt8, Hashable, Sendable, CaseIterable {
        /// Forward and backward; returns the gradients of the touched operators' parameters.
        case weightGradient = 1
        /// Forward and backward to the slots; returns ⟨dL/dy, y⟩ of every slot.
        case slotProducts = 2
        /// Forward in training mode; returns the batch's mean and unbiased variance per channel.
        case statistics = 3
        /// Forward with given statistics; returns logits.
        case predictions = 4
    }

    /// How the network is chosen.
    package enum Network: Hashable, Sendable {
        /// Sampled by the worker from the round's alpha with noise keyed (seed, step, phase, path).
        case sampled(step: UInt32, phase: UInt32, path: UInt32)
        /// Given.
        case fixed(Architecture)
    }

    /// The samples of the micro-batch.
    package struct Batch: Hashable, Sendable {
        /// Which prepared set of volumes, such as `search`.
        package let volumes: String
        /// Indices of scans in that set, in batch order.
        package let scans: [Int]
        /// Keys the random slices and flips of each scan, with the scan's index.
        package let epoch: UInt32
        /// Whether random slice sampling and flips apply.
        package let augmented: Bool

        /// A micro-batch of the given scans.
        package init(volumes: String, scans: [Int], epoch: UInt32, augmented: Bool) {
            self.volumes = volumes
            self.scans = scans
            self.epoch = epoch
            self.augmented = augmented
        }
    }

    /// The loss and its regularisation.
    package struct Objective: Hashable, Sendable {
        /// The probability that dropout zeroes a pooled feature.
        package let dropout: Float
        /// The share of a label spread evenly over all classes.
        package let labelSmoothing: Float
        /// The weight of each class, or empty for equal weights.
        package let classWeights: [Float]

        /// An objective.
        package init(dropout: Float = 0, labelSmoothing: Float = 0, classWeights: [Float] = []) {
            self.dropout = dropout
            self.labelSmoothing = labelSmoothing
            self.classWeights = classWeights
        }
    }

    /// The place in the run.
    package let key: TaskKey
    /// What is computed.
    package let kind: Kind
    /// Whose parameters are used.
    package let model: ModelID
    /// How the network is chosen.
    package let network: Network
    /// The samples.
    package let batch: Batch
    /// The loss.
    package let objective: Objective
    /// What the parameters that it reads and the gradients that it yields are rounded to.
    package let exchange: ExchangeFormat

    /// A task.
    package init(
        key: TaskKey, kind: Kind, model: ModelID, network: Network, batch: Batch,
        objective: Objective, exchange: ExchangeFormat = .float32
    ) {
        self.key = key
        self.kind = kind
        self.model = model
        self.network = network
        self.batch = batch
        self.objective = objective
        self.exchange = exchange
    }
}
