package import Graphs
package import SearchSpaces
package import Tensors

/// Every network that a run can compute: the paths of its supernet, and published networks.
package struct NetworkCatalogue: Hashable, Sendable {
    /// The supernet of the run's space.
    package let supernet: CovidNet3DSupernet

    /// The networks of a run.
    package init(supernet: CovidNet3DSupernet) {
        self.supernet = supernet
    }

    /// Whether the catalogue has a network.
    package func contains(_ architecture: Architecture) -> Bool {
        architecture.baseline != nil || architecture.isValid(in: supernet.space)
    }

    /// The operators of a network, from the input on.
    ///
    /// - Precondition: The catalogue has the network.
    package func operators(of architecture: Architecture) -> [OperatorLayout] {
        architecture.baseline.map { baseline($0).operators }
            ?? supernet.operators(of: architecture)
    }

    /// A network as a graph.
    ///
    /// - Precondition: The catalogue has the network.
    package func graph(of architecture: Architecture, input: VolumeSize) -> Graph {
        architecture.baseline.map { baseline($0).graph(input: input) }
            ?? supernet.graph(of: architecture, input: input)
    }

    private func baseline(_ network: BaselineNetwork) -> BaselineGraph {
        BaselineGraph(
            network, classes: supernet.classes, inputChannels: supernet.space.inputChannels)
    }
}
