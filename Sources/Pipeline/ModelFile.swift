import Foundation
package import RunConfiguration
package import Safetensors
package import SearchSpaces
package import Tensors

/// A trained model in one safetensors file, with all that is needed to use it again.
///
/// Tensors are named `operator/parameter` and `operator/batch norm.mean` and `.variance`, in the
/// engine's layout. The metadata holds the architecture, the classes and the run's settings, which
/// include the preprocessing.
package struct ModelFile: Sendable {
    /// The network.
    package let architecture: Architecture
    /// The settings of the run that trained it.
    package let configuration: RunConfiguration
    /// The weights.
    package let parameters: ParameterSet
    /// The batch-norm statistics.
    package let statistics: ParameterSet

    /// A model.
    package init(
        architecture: Architecture, configuration: RunConfiguration, parameters: ParameterSet,
        statistics: ParameterSet
    ) {
        self.architecture = architecture
        self.configuration = configuration
        self.parameters = parameters
        self.statistics = statistics
    }

    /// Writes the model.
    ///
    /// - Parameters:
    ///   - path: The file; replaced if it exists.
    ///   - operators: The layouts of the network's operators.
    ///   - remarks: Further metadata, such as the data's fingerprint.
    /// - Throws: `SafetensorsError` naming the file.
    package func write(
        to path: String, operators: [OperatorLayout], remarks: [String: String] = [:]
    ) throws(SafetensorsError) {
        var tensors: [(name: String, shape: [Int], elements: [Float])] = []
        for layout in operators {
            guard let block = parameters[layout.id] else { continue }
            var start = 0
            for parameter in layout.parameters {
                tensors.append(
                    (
                        "\(layout.id)/\(parameter.name)", parameter.shape,
                        Array(block[start..<(start + parameter.count)])
                    ))
                start += parameter.count
            }
            guard let moments = statistics[layout.id] else { continue }
            start = 0
            for normalization in layout.normalizations {
                for moment in ["mean", "variance"] {
                    tensors.append(
                        (
                            "\(layout.id)/\(normalization.name).\(moment)",
                            [normalization.channels],
                            Array(moments[start..<(start + normalization.channels)])
                        ))
                    start += normalization.channels
                }
            }
        }
        var metadata = remarks
        metadata["format"] = "voxelnas-model-1"
        metadata["architecture"] = architecture.code
        metadata["classes"] = configuration.classNames.joined(separator: ",")
        metadata["configuration"] = configuration.canonicalJSON
        metadata["use"] = "Research use only."
        try SafetensorsWriter.write(path: path, floats: tensors, metadata: metadata)
    }
}
