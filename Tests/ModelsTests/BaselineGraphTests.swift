import Graphs
import Models
import SearchSpaces
import Tensors
import Testing

@Suite("A published network")
struct BaselineGraphTests {
    /// CovidNet3D, Table 3: megabytes of three input channels and three classes.
    @Test(
        "has the parameters that the paper's sizes give",
        arguments: [
            (BaselineNetwork.resNet101, 3, 3, 85_251_267), (.resNet101, 3, 2, 85_249_218),
            (.resNet101, 1, 3, 85_207_363), (.denseNet121, 3, 3, 11_289_603),
            (.denseNet121, 3, 2, 11_288_578), (.denseNet121, 1, 3, 11_245_699),
            (.mixedConvolution18, 3, 3, 11_491_779), (.mixedConvolution18, 1, 3, 11_472_963),
        ])
    func parameters(network: BaselineNetwork, channels: Int, classes: Int, total: Int) {
        let baseline = BaselineGraph(network, classes: classes, inputChannels: channels)
        #expect(baseline.operators.reduce(0) { $0 + $1.parameterCount } == total)
        #expect(baseline.graph(input: VolumeSize(32, 128, 128)).cost.parameters == total)
    }

    @Test(
        "has the paper's size in megabytes",
        arguments: [
            (BaselineNetwork.resNet101, 325.208), (.denseNet121, 43.066),
            (.mixedConvolution18, 43.838),
        ])
    func megabytes(network: BaselineNetwork, expected: Double) {
        let cost = BaselineGraph(network, classes: 3, inputChannels: 3)
            .graph(input: VolumeSize(cubic: 32)).cost
        #expect(abs(cost.megabytes - expected) < 0.001)
    }

    @Test("reduces the volume as published")
    func sizes() {
        func features(_ network: BaselineNetwork) -> VolumeSize {
            let graph = BaselineGraph(network, classes: 2).graph(input: VolumeSize(32, 128, 128))
            return graph.nodes[graph.features].size
        }
        #expect(features(.resNet101) == VolumeSize(2, 4, 4))
        #expect(features(.resNet18) == VolumeSize(2, 4, 4))
        #expect(features(.denseNet121) == VolumeSize(2, 4, 4))
        #expect(features(.mixedConvolution18) == VolumeSize(32, 8, 8))
    }

    @Test("has features centred on every 32nd voxel, or within the windows of means")
    func centres() {
        func centres(_ network: BaselineNetwork) -> FeatureGrid {
            BaselineGraph(network, classes: 2).graph(input: VolumeSize(32, 128, 128)).featureGrid
        }
        #expect(centres(.resNet18).first == [0, 0, 0])
        #expect(centres(.resNet18).spacing == [16, 32, 32])
        #expect(centres(.mixedConvolution18).spacing == [1, 16, 16])
        // Three means over 2 voxels, behind strides of 2, 4 and 8 in depth and 4, 8 and 16 in plane.
        #expect(centres(.denseNet121).first == [7, 14, 14])
        #expect(centres(.denseNet121).spacing == [16, 32, 32])
    }

    @Test("accepts a volume of one slice", arguments: BaselineNetwork.allCases)
    func oneSlice(network: BaselineNetwork) {
        let graph = BaselineGraph(network, classes: 2).graph(input: VolumeSize(1, 24, 40))
        #expect(graph.nodes.allSatisfy { $0.size.count > 0 })
    }

    @Test("is an architecture with a name", arguments: BaselineNetwork.allCases)
    func name(network: BaselineNetwork) throws {
        let architecture = Architecture(network)
        #expect(architecture.baseline == network)
        #expect(architecture.code == network.rawValue)
        #expect(Architecture(code: network.rawValue) == architecture)
        #expect(!architecture.isValid(in: .covidNet3DSmall))
        let supernet = CovidNet3DSupernet(space: .covidNet3DSmall, classes: 3)
        let catalogue = NetworkCatalogue(supernet: supernet)
        #expect(catalogue.contains(architecture))
        #expect(!catalogue.contains(Architecture(choices: [250])))
        let names = catalogue.operators(of: architecture).map(\.id)
        #expect(Set(names).count == names.count)
    }
}
