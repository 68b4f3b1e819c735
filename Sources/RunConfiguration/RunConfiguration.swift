package import Tensors

/// Everything that decides a run's result, and how the run is deployed.
package struct RunConfiguration: Codable, Hashable, Sendable {
    /// The run's name, for reports.
    package var name = "run"
    /// The seed of every random stream.
    package var seed: UInt64 = 1
    /// The scans.
    package var data = DataConfiguration()
    /// The input volume in the search.
    package var input = InputConfiguration()
    /// The input volume in retraining and evaluation.
    package var evaluationInput = InputConfiguration()
    /// The space of networks.
    package var space = SpaceConfiguration()
    /// The search.
    package var search = SearchConfiguration()
    /// What happens after it.
    package var evaluation = EvaluationConfiguration()
    /// Processes and folders; not part of the configuration's hash.
    package var deployment = DeploymentConfiguration()

    /// The defaults.
    package init() {}

    /// The number of classes.
    package var classCount: Int { (data.classes.values.max() ?? 1) + 1 }

    /// The index of the positive class.
    package var positiveClass: Int { data.classes[data.positive] ?? 1 }

    /// The classes' names by index; labels that share an index are joined by a plus sign.
    package var classNames: [String] {
        (0..<classCount).map { index in
            data.classes.filter { $0.value == index }.keys.sorted().joined(separator: "+")
        }
    }
}

extension InputConfiguration {
    /// The volume's extents.
    package var size: VolumeSize { VolumeSize(depth, height, width) }
}
