package import CTData
package import Graphs
import Models
package import RunConfiguration
import Safetensors
package import SearchSpaces
package import Tensors

/// A trained model in one safetensors file, with all that is needed to use it again.
///
/// Tensors are named `operator/parameter` and `operator/batch norm.mean` and `.variance`, in the
/// engine's layout. The metadata holds the architecture, the classes and the run's settings, which
/// include the preprocessing.
///
/// - SeeAlso: `Docs/Exports.md` for every key.
package struct ModelFile: Sendable {
    /// What a file says that it is.
    package static let format = "voxelnas-model-1"
    /// What every output says.
    package static let notice = "Research use only. Not a medical device, not for diagnosis."

    /// The network.
    package let architecture: Architecture
    /// The settings of the run that trained it.
    package let configuration: RunConfiguration
    /// The weights.
    package let parameters: ParameterSet
    /// The batch-norm statistics.
    package let statistics: ParameterSet
    /// The training list's mean and deviation, where the normalisation wants them.
    package let intensities: IntensityStatistics?
    /// Further metadata: the data's fingerprint (`shards`), `epoch`, `seed`, `run`.
    package let remarks: [String: String]

    /// A model.
    package init(
        architecture: Architecture, configuration: RunConfiguration, parameters: ParameterSet,
        statistics: ParameterSet, intensities: IntensityStatistics? = nil,
        remarks: [String: String] = [:]
    ) {
        self.architecture = architecture
        self.configuration = configuration
        self.parameters = parameters
        self.statistics = statistics
        self.intensities = intensities
        self.remarks = remarks
    }

    /// The network at the size that it was trained for.
    ///
    /// - Throws: `ConfigurationError` when the space makes no sense.
    package func graph() throws(ConfigurationError) -> Graph {
        try networks().graph(of: architecture, input: configuration.evaluationInput.size)
    }

    /// The networks of the run that the model is of.
    ///
    /// - Throws: `ConfigurationError` when the space makes no sense.
    func networks() throws(ConfigurationError) -> NetworkCatalogue {
        NetworkCatalogue(
            supernet: CovidNet3DSupernet(
                space: try configuration.space.searchSpace(), classes: configuration.classCount))
    }
}

extension ModelFile {
    /// What is wrong with a model file.
    package enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        case notAModel(path: String, found: String)
        case damaged(path: String, reason: String)

        package var description: String {
            switch self {
            case .notAModel(let path, let found):
                "\(path): no model of VoxelNAS but \(found); name a model-seed<k>.safetensors of "
                    + "a run's evaluation, or the run's folder"
            case .damaged(let path, let reason):
                "\(path): \(reason); fetch the file again, or evaluate the run again"
            }
        }
    }

    /// The metadata that `write` puts into the file.
    package var metadata: [String: String] {
        var metadata = remarks
        metadata["format"] = Self.format
        metadata["architecture"] = architecture.code
        metadata["classes"] = configuration.classNames.joined(separator: ",")
        metadata["positive"] = configuration.classNames[configuration.positiveClass]
        metadata["configuration"] = configuration.canonicalJSON
        metadata["use"] = Self.notice
        if let caution = configuration.search.caution { metadata["caution"] = caution }
        if let intensities {
            metadata["intensityMean"] = "\(intensities.mean)"
            metadata["intensityDeviation"] = "\(intensities.standardDeviation)"
        }
        return metadata
    }

    /// Writes the model.
    ///
    /// - Parameter path: The file; replaced if it exists.
    /// - Throws: `SafetensorsError` naming the file, or `ConfigurationError`.
    package func write(to path: String) throws {
        let layouts = try graph().operators
        let parts = Self.parts(of: layouts)
        try SafetensorsWriter.write(
            path: path,
            floats: parts.compactMap { part in
                let set = part.isStatistics ? statistics : parameters
                return set[part.id].map { (part.name, part.shape, Array($0[part.range])) }
            }, metadata: metadata)
    }

    /// Reads a model.
    ///
    /// - Parameter path: A file that ``write(to:)`` wrote.
    /// - Throws: ``Failure``, `SafetensorsError` or `ConfigurationError`, naming the file.
    package init(path: String) throws {
        let file = try SafetensorsFile(path: path)
        let metadata = file.metadata
        guard metadata["format"] == Self.format else {
            throw Failure.notAModel(
                path: path, found: metadata["format"] ?? "a file without a format")
        }
        guard let settings = metadata["configuration"], let code = metadata["architecture"],
            let architecture = Architecture(code: code)
        else {
            throw Failure.damaged(path: path, reason: "it does not say what it holds")
        }
        let configuration = try RunConfiguration(reading: settings, file: path)
        let shell = ModelFile(
            architecture: architecture, configuration: configuration, parameters: ParameterSet(),
            statistics: ParameterSet())
        guard try shell.networks().contains(architecture) else {
            throw Failure.damaged(
                path: path, reason: "architecture \(code) is not of the space that it names")
        }
        var own = metadata
        for key in ["format", "architecture", "classes", "positive", "configuration", "use"] {
            own[key] = nil
        }
        var intensities: IntensityStatistics?
        if let mean = own.removeValue(forKey: "intensityMean").flatMap(Double.init),
            let deviation = own.removeValue(forKey: "intensityDeviation").flatMap(Double.init)
        {
            intensities = IntensityStatistics(mean: mean, standardDeviation: deviation)
        }
        var (parameters, statistics) = (ParameterSet(), ParameterSet())
        for part in Self.parts(of: try shell.graph().operators) {
            guard let entry = file.tensors[part.name], entry.shape == part.shape else {
                throw Failure.damaged(
                    path: path,
                    reason: "tensor '\(part.name)' of shape \(part.shape) is "
                        + (file.tensors[part.name].map { "\($0.shape)" } ?? "missing"))
            }
            let elements = try file.floats(of: part.name)
            if part.isStatistics {
                statistics.blocks[part.id, default: []] += elements
            } else {
                parameters.blocks[part.id, default: []] += elements
            }
        }
        self.init(
            architecture: architecture, configuration: configuration, parameters: parameters,
            statistics: statistics, intensities: intensities, remarks: own)
    }

    /// One tensor of the file: its name and where its numbers are in the operator's block.
    private struct Part {
        let name: String
        let id: OperatorID
        let shape: [Int]
        let range: Range<Int>
        let isStatistics: Bool
    }

    /// The tensors in the order of the file, which is that of the blocks.
    private static func parts(of layouts: [OperatorLayout]) -> [Part] {
        var parts: [Part] = []
        for layout in layouts {
            var start = 0
            for parameter in layout.parameters {
                parts.append(
                    Part(
                        name: "\(layout.id)/\(parameter.name)", id: layout.id,
                        shape: parameter.shape, range: start..<(start + parameter.count),
                        isStatistics: false))
                start += parameter.count
            }
            start = 0
            for normalization in layout.normalizations {
                for moment in ["mean", "variance"] {
                    parts.append(
                        Part(
                            name: "\(layout.id)/\(normalization.name).\(moment)", id: layout.id,
                            shape: [normalization.channels],
                            range: start..<(start + normalization.channels), isStatistics: true))
                    start += normalization.channels
                }
            }
        }
        return parts
    }
}
