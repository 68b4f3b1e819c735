package import Execution
package import Graphs
import Models
import RunConfiguration
package import SearchSpaces
package import Tensors

/// What a class activation map is made of.
package struct Explanation: Hashable, Sendable {
    /// The network's input, `[D, H, W]`.
    package let volume: Tensor
    /// The feature maps before the average, `[1, d, h, w, F]`.
    package let features: Tensor
    /// Where the feature maps lie in the input.
    package let grid: FeatureGrid
    /// The classifier's weights, `[F, classes]`.
    package let classifier: Tensor
    /// The logits, one per class.
    package let logits: [Float]

    /// An explanation of given parts.
    package init(
        volume: Tensor, features: Tensor, grid: FeatureGrid, classifier: Tensor,
        logits: [Float]
    ) {
        self.volume = volume
        self.features = features
        self.grid = grid
        self.classifier = classifier
        self.logits = logits
    }

    /// The explanation of a prediction for one sample.
    ///
    /// - Precondition: The graph ends in average and linear layer, the prediction has features.
    package init(graph: Graph, parameters: ParameterSet, input: [Float], prediction: Prediction) {
        let size = graph.inputSize
        guard case .linear(let weights, _)? = graph.nodes.last?.kind,
            let block = parameters[graph.operators[weights.layer].id],
            let features = prediction.features
        else { preconditionFailure("every network ends in a linear layer") }
        volume = Tensor(shape: [size.depth, size.height, size.width], elements: input)
        self.features = features
        grid = graph.featureGrid
        classifier = Tensor(
            shape: [graph.nodes[graph.features].channels, graph.classes],
            elements: Array(block[weights.range]))
        logits = prediction.logits.elements
    }
}

extension TaskRunner {
    /// Runs a network on one scan and keeps what its decision is made of.
    ///
    /// - Parameters:
    ///   - scan: The index of the scan.
    ///   - role: Which volumes.
    ///   - architecture: The network.
    ///   - parameters: Its weights.
    ///   - statistics: Its batch-norm statistics.
    /// - Returns: Input, features, classifier and logits.
    /// - Throws: ``Failure``, or an error naming the file that cannot be read.
    package func explanation(
        ofScan scan: Int, volumes role: VolumeRole, architecture: Architecture,
        parameters: ParameterSet, statistics: ParameterSet
    ) throws -> Explanation {
        guard let source = volumes[role] else { throw Failure.unknownVolumes(role.rawValue) }
        let input = try source.batch([scan], epoch: 0, augmented: false)
        let graph = networks.graph(of: architecture, input: source.size)
        let prediction = try Executor(threads: 1).predict(
            ExecutionPlan(graph: graph, batch: 1, mode: .inference), parameters: parameters,
            statistics: statistics, input: input, wantsFeatures: true)
        return Explanation(
            graph: graph, parameters: parameters, input: input, prediction: prediction)
    }
}
