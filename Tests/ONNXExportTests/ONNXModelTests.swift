import Graphs
import Models
import ONNXExport
import SearchSpaces
import Tensors
import Testing

@Suite("An ONNX model")
struct ONNXModelTests {
    static let space = SearchSpace(
        cells: [.init(width: 8, blocks: 3, stride: VolumeSize(1, 2, 2))], stemChannels: 8,
        firstChannels: 8, featureChannels: 16)
    /// A 5³ convolution, a skip, and a 3³ convolution with a shortcut.
    static let architecture = Architecture(choices: [3, 7, 0])

    private func sample(hasFreeSize: Bool = false) throws -> ProtobufFields {
        let network = SampleNetwork(
            Self.space, Self.architecture, size: VolumeSize(4, 12, 12), classes: 3)
        return ProtobufFields(
            try ONNXModel(
                graph: network.graph, parameters: network.parameters,
                statistics: network.statistics, hasFreeSize: hasFreeSize, name: "sample",
                metadata: ["use": "research"]
            ).bytes)
    }

    @Test("says which operators it is written in, and carries its metadata")
    func header() throws {
        let model = try sample()
        #expect(model.integers[1] == [ONNXModel.irVersion])
        #expect(model.messages(8).map { $0.integers[2] } == [[ONNXModel.opset]])
        let pair = try #require(model.messages(14).first)
        #expect(pair.strings(1) == ["use"] && pair.strings(2) == ["research"])
    }

    @Test("leaves the batch open, and the size only where asked to")
    func shapes() throws {
        func extents(_ model: ProtobufFields, _ field: Int) throws -> [String] {
            let value = try #require(model.messages(7).first?.messages(field).first)
            let tensor = try #require(value.messages(2).first?.messages(1).first)
            return try #require(tensor.messages(2).first).messages(1).map {
                $0.strings(2).first ?? "\($0.integers[1]?.first ?? -1)"
            }
        }
        #expect(try extents(sample(), 11) == ["batch", "1", "4", "12", "12"])
        #expect(
            try extents(sample(hasFreeSize: true), 11)
                == ["batch", "1", "depth", "height", "width"])
        #expect(try extents(sample(), 12) == ["batch", "3"])
    }

    @Test("has the operators of the path, a skip none of its own")
    func operators() throws {
        let graph = try #require(sample().messages(7).first)
        let names = graph.messages(1).flatMap { $0.strings(4) }
        func count(_ name: String) -> Int { names.count { $0 == name } }
        // Stem, first block (2), three calibrations, two candidates of 3, mix.
        #expect(count("Conv") == 1 + 2 + 3 + 6 + 1)
        #expect(count("BatchNormalization") == 1 + 2 + 6 + 1)
        #expect(count("Clip") == 1 + 1 + 4 + 1)
        #expect(count("Add") == 1)
        #expect(names.suffix(5) == ["GlobalAveragePool", "Flatten", "Gemm", "Identity", "Softmax"])
    }

    @Test("turns weights so that the output channel comes first")
    func weights() throws {
        let network = SampleNetwork(
            Self.space, Self.architecture, size: VolumeSize(4, 12, 12), classes: 3)
        let graph = try #require(sample().messages(7).first)
        func constant(_ name: String) throws -> (shape: [Int], elements: [Float]) {
            let found = try #require(graph.messages(5).first { $0.strings(8) == [name] })
            return (found.integers[1] ?? [], found.floats(9))
        }
        let depthwise = try constant("cell0.block0.k5e3/depthwise.weight")
        #expect(depthwise.shape == [24, 1, 5, 5, 5])
        let id = OperatorID("cell0.block0.k5e3")
        let layout = try #require(network.graph.operators.first { $0.id == id })
        let range = try #require(layout.range(of: "depthwise.weight"))
        let own = Array(try #require(network.parameters[id])[range])
        // Ours is [tap, channel]; tap 7 of channel 2.
        #expect(depthwise.elements[2 * 125 + 7] == own[7 * 24 + 2])
        let expand = try constant("cell0.block0.k5e3/expand.weight")
        #expect(expand.shape == [24, 8, 1, 1, 1])
        let start = try #require(layout.range(of: "expand.weight")).lowerBound
        #expect(expand.elements[5 * 8 + 3] == network.parameters[id]?[start + 3 * 24 + 5])
        #expect(try constant("classifier/classifier.weight").shape == [16, 3])
        #expect(try constant("stem/stem_bn.variance").shape == [8])
    }

    @Test("is refused with the weights of another network")
    func foreign() throws {
        var network = SampleNetwork(
            Self.space, Self.architecture, size: VolumeSize(4, 12, 12), classes: 3)
        network.parameters[OperatorID("mix")]?.removeLast()
        #expect(throws: ONNXModel.Failure.self) {
            try ONNXModel(
                graph: network.graph, parameters: network.parameters,
                statistics: network.statistics, name: "sample")
        }
    }
}
