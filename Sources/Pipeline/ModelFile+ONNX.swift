import ONNXExport
import RunConfiguration
import SearchSpaces

extension ModelFile {
    /// The model as an ONNX file.
    ///
    /// - Parameter hasFreeSize: Leaves depth, height and width open.
    /// - Returns: The file's bytes.
    /// - Throws: `ConfigurationError` or `ONNXModel.Failure`.
    package func onnx(hasFreeSize: Bool = false) throws -> [UInt8] {
        try ONNXModel(
            graph: graph(), parameters: parameters, statistics: statistics,
            hasFreeSize: hasFreeSize, name: architecture.code,
            documentation: "CovidNet3D path \(architecture.code) of the run "
                + "'\(configuration.name)'. \(Self.notice)", metadata: metadata
        ).bytes
    }
}
