package import Drawings
import Graphs
import Models
package import RunConfiguration
package import SearchSpaces

extension ArchitectureDrawing {
    /// The drawing of a run's network at the size of its evaluation.
    ///
    /// - Throws: `ConfigurationError` when the space makes no sense.
    package init(of architecture: Architecture, configuration: RunConfiguration) throws {
        let space = try configuration.space.searchSpace()
        let input = configuration.evaluationInput.size
        let cost = CovidNet3DSupernet(space: space, classes: configuration.classCount)
            .graph(of: architecture, input: input).cost
        let megabytes = (cost.megabytes * 100).rounded() / 100
        let millions = (Double(cost.multiplyAdds) / 1e5).rounded() / 10
        self.init(
            of: architecture, in: space, input: input, classes: configuration.classNames,
            title: "\(configuration.name): network \(architecture.code)",
            notes: [
                "\(cost.parameters) parameters (\(megabytes) MB), \(millions) million multiply-adds "
                    + "per scan at \(input)"
            ])
    }
}
