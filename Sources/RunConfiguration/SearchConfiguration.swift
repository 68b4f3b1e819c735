package import Tensors

extension ExchangeFormat: ConfigurationChoice {}

/// The search for an architecture.
///
/// - SeeAlso: CovidNet3D, *Search strategy*; what paper and code disagree on is settled in
///   `Docs/Method.md`.
package struct SearchConfiguration: Codable, Hashable, Sendable {
    /// Named strategies.
    package enum Preset: String, ConfigurationChoice {
        /// Straight-through Gumbel-softmax, alternating with the weights (the paper's equations).
        case paper
        /// Alpha stays where it started: uniform random paths (what the paper's code does).
        case uniform
    }

    /// How the temperature goes from `temperature` to `finalTemperature`.
    package enum TemperatureSchedule: String, ConfigurationChoice {
        case constant
        case linear
        case exponential
    }

    /// What a step waits for.
    package enum Discipline: Hashable, Sendable {
        /// Step `t` reads the state that the first `t - delay` steps led to.
        case fixedDelay(Int)
        /// A step reads the newest state, and at most so many others are applied before it is.
        case boundedStaleness(Int)
    }

    /// What parameters and gradients are rounded to where they travel; `bfloat16` halves the bytes
    /// and gives another, equally exact search.
    package var exchange = ExchangeFormat.float32
    /// The strategy.
    package var preset = Preset.paper
    /// Passes over D_T and D_V.
    package var epochs = 100
    /// Architectures sampled per step and phase.
    package var paths = 1
    /// Micro-batches per path; each is one task.
    package var microBatches = 4
    /// Samples per micro-batch.
    package var microBatchSize = 16
    /// The temperature of the Gumbel-softmax at the start.
    package var temperature = 1.0
    /// The temperature at the end.
    package var finalTemperature = 1.0
    /// How it changes.
    package var temperatureSchedule = TemperatureSchedule.constant
    /// Standard deviation of alpha's start.
    package var alphaDeviation = 1e-3
    /// The rule for alpha.
    package var alphaOptimizer = OptimizerConfiguration.alpha
    /// The rule for the shared weights.
    package var weightOptimizer = OptimizerConfiguration.searchWeights
    /// Dropout before the classifier.
    package var dropout = 0.5
    /// Label smoothing.
    package var labelSmoothing = 0.0
    /// Micro-batches of D_T that recalibrate batch norm before a candidate is scored.
    package var calibrationBatches = 16
    /// Epochs between two recordings of candidates.
    package var recordEvery = 1

    /// Steps that a step does not wait for, in a fixed order: the result is exact, and another one
    /// for every delay.
    package var delay = 0
    /// Steps that may be applied while another one is computed, in the order in which they are done.
    ///
    /// 0 for an exact search. The result of any other search cannot be reproduced.
    package var staleness = 0

    /// The defaults.
    package init() {}

    /// What a step waits for.
    package var discipline: Discipline {
        staleness > 0 ? .boundedStaleness(staleness) : .fixedDelay(delay)
    }

    /// What every output of a search says whose result depends on who was fast; `nil` for others.
    package var caution: String? {
        staleness > 0
            ? "NOT REPRODUCIBLE: searched with bounded staleness (search.staleness: \(staleness)); "
                + "the result depends on which workers were fast"
            : nil
    }

    /// Samples per step and phase.
    package var samplesPerStep: Int { paths * microBatches * microBatchSize }
}
