package import Graphs
package import Tensors

extension ONNXModel {
    /// Why a network cannot be exported.
    package enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// A block is absent or has another length.
        case wrongBlock(OperatorID, expected: Int, found: Int?)

        package var description: String {
            switch self {
            case .wrongBlock(let id, let expected, let found):
                "operator \(id) has \(found.map(String.init) ?? "no") numbers, the network wants "
                    + "\(expected); the weights belong to another network"
            }
        }
    }

    /// Translates a trained network, in evaluation mode.
    ///
    /// Input `volume` is `[batch, channels, depth, height, width]`, preprocessed; outputs are
    /// `logits` and `probabilities`, both `[batch, classes]`. The batch is free. Weights keep their
    /// names, `operator/parameter`, and get PyTorch's and ONNX's order of axes.
    ///
    /// - Parameters:
    ///   - graph: The network.
    ///   - parameters: A block for every operator of the graph.
    ///   - statistics: A block for every operator with batch norms.
    ///   - hasFreeSize: Leaves depth, height and width open. A network that was trained at one size
    ///     gives numbers at others, not necessarily good ones.
    ///   - name: The graph's name.
    ///   - documentation: Text for people.
    ///   - metadata: Pairs for programs.
    /// - Throws: ``Failure``.
    package init(
        graph: Graph, parameters: ParameterSet, statistics: ParameterSet, hasFreeSize: Bool = false,
        name: String, documentation: String = "", metadata: [String: String] = [:]
    ) throws(Failure) {
        for layout in graph.operators {
            for (count, block) in [
                (layout.parameterCount, parameters[layout.id]),
                (layout.statisticsCount, statistics[layout.id]),
            ] where count > 0 && block?.count != count {
                throw .wrongBlock(layout.id, expected: count, found: block?.count)
            }
        }
        var translation = GraphTranslation(
            graph: graph, parameters: parameters, statistics: statistics)
        translation.run()
        let size = graph.inputSize
        let extents: [Dimension] =
            hasFreeSize
            ? [.free("depth"), .free("height"), .free("width")]
            : [.fixed(size.depth), .fixed(size.height), .fixed(size.width)]
        self.name = name
        self.documentation = documentation
        self.metadata = metadata
        nodes = translation.nodes
        constants = translation.constants
        inputs = [
            Value(
                name: GraphTranslation.input,
                shape: [.free("batch"), .fixed(graph.inputChannels)] + extents,
                documentation: "Preprocessed volumes: slices from inferior to superior, rows from "
                    + "anterior to posterior, columns from the patient's right to the left.")
        ]
        outputs = ["logits", "probabilities"].map {
            Value(
                name: $0, shape: [.free("batch"), .fixed(graph.classes)],
                documentation: "One per class.")
        }
    }
}
