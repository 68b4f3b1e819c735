import Foundation
import Graphs
import ONNXExport
import Safetensors
import SearchSpaces
import Tensors
import Testing

/// Writes the cases that `Tests/Peers/onnx_against_runtime.py` puts to ONNX Runtime as well.
@Suite("Networks for a peer")
struct PeerCaseTests {
    static let folder = ProcessInfo.processInfo.environment["VOXELNAS_ONNX_CASES"]

    /// Every operation in turn, skips with and without a shortcut among them, and published networks.
    static let cases: [(name: String, space: SearchSpace, code: String)] = [
        ("S-mixed", .covidNet3DSmall, "012345670123456707654"),
        ("S-skips-first", .covidNet3DSmall, "700071237774570067777"),
        ("S-all-skip", .covidNet3DSmall, "777777777777777777777"),
        ("L-mixed", .covidNet3DLarge, "012345670123456707654"),
        ("L-skips-first", .covidNet3DLarge, "700071237774570067777"),
        (
            "anisotropic",
            SearchSpace(
                cells: [
                    .init(width: 24, blocks: 3, stride: VolumeSize(1, 2, 2)),
                    .init(width: 40, blocks: 3, stride: VolumeSize(2, 2, 2)),
                ], stemStride: VolumeSize(1, 2, 2), featureChannels: 128), "017356"
        ),
        ("ResNet3D-101", .covidNet3DSmall, "resnet3d-101"),
        ("DenseNet3D-121", .covidNet3DSmall, "densenet3d-121"),
        ("MC3_18", .covidNet3DSmall, "mc3-18"),
    ]

    @Test("are written beside what they answer here", .enabled(if: folder != nil))
    func write() throws {
        let folder = try #require(Self.folder)
        let sizes = [VolumeSize(16, 64, 64), VolumeSize(21, 80, 72)]
        for (name, space, code) in Self.cases {
            let network = SampleNetwork(
                space, try #require(Architecture(code: code)), size: sizes[0], classes: 3)
            for isFree in [false, true] {
                let model = try ONNXModel(
                    graph: network.graph, parameters: network.parameters,
                    statistics: network.statistics, hasFreeSize: isFree, name: name,
                    documentation: "A test.", metadata: ["use": "Research use only."])
                try Data(model.bytes).write(
                    to: URL(filePath: "\(folder)/\(name)-\(isFree ? "free" : "fixed").onnx"))
            }
            for (place, size) in sizes.enumerated() {
                for batch in [1, 3] {
                    let answer = try network.logits(
                        batch: batch, size: size, key: UInt32(10 * place + batch))
                    try SafetensorsWriter.write(
                        path: "\(folder)/\(name)-size\(place)-batch\(batch).safetensors",
                        floats: [
                            (
                                "input", [batch, 1, size.depth, size.height, size.width],
                                answer.input
                            ),
                            ("logits", [batch, 3], answer.logits),
                        ], metadata: ["case": name, "fixed": place == 0 ? "yes" : "no"])
                }
            }
        }
    }
}
