import Models
import RunConfiguration
package import SearchSpaces
package import Training

/// A network that is trained on the same splits with the same pipeline as the found one.
package struct Entrant: Hashable, Sendable {
    /// The model's name within the run, such as `found` or `all-k3e3`.
    package let name: String
    /// The network.
    package let architecture: Architecture
    /// The volumes that it sees.
    package let volumes: VolumeRole
    /// Trainings from different starts.
    package let seeds: Int
    /// What it is, for people.
    package let note: String
}

extension EvaluationStage {
    /// A network other than the found one, or `nil` for a name that means none here.
    ///
    /// - Parameter name: An operation for every slot, such as `k3e3`; a published network, such as
    ///   `mc3-18`; or the code of a path of the run's space.
    /// - Returns: The network.
    package func entrant(named name: String) -> Entrant? {
        let space = networks.supernet.space
        let seeds = configuration.evaluation.seeds
        if let column = space.operations.firstIndex(where: { $0.description == name }) {
            return Entrant(
                name: "all-\(name)", architecture: Architecture(repeating: column, in: space),
                volumes: .evaluation, seeds: seeds, note: "\(name) in every slot")
        }
        guard let architecture = Architecture(code: name), networks.contains(architecture) else {
            return nil
        }
        return Entrant(
            name: name, architecture: architecture, volumes: .evaluation, seeds: seeds,
            note: architecture.baseline == nil ? "a path of the space" : "published network")
    }
}
