import Graphs
import Models
import SearchSpaces
import Tensors
import Testing

@Suite("The CovidNet3D supernet")
struct CovidNet3DSupernetTests {
    struct Total: Sendable, CustomTestStringConvertible {
        let isLarge: Bool
        let classes: Int
        let choice: Int?
        let parameters: Int

        var testDescription: String {
            "\(isLarge ? "L" : "S"), \(classes) classes, "
                + (choice.map { "all \(CandidateOperation.catalogue[$0])" } ?? "supernet")
        }
    }

    /// Parameters of uniform paths (index into the catalogue) and of the whole supernet.
    static let totals: [Total] = [
        (false, 2, [675_234, 2_795_938, 4_912_546, 6_090_146, 25_688_482]),
        (false, 3, [676_515, 2_797_219, 4_913_827, 6_091_427, 25_689_763]),
        (true, 2, [3_069_666, 18_215_778, 33_351_906, 29_571_042, 153_831_522]),
        (true, 3, [3_070_947, 18_217_059, 33_353_187, 29_572_323, 153_832_803]),
    ].flatMap { isLarge, classes, counts in
        zip([7, 0, 2, 6, nil] as [Int?], counts).map {
            Total(isLarge: isLarge, classes: classes, choice: $0, parameters: $1)
        }
    }

    @Test("has the published number of parameters", arguments: totals)
    func parameterTotals(total: Total) {
        let space: SearchSpace = total.isLarge ? .covidNet3DLarge : .covidNet3DSmall
        let supernet = CovidNet3DSupernet(space: space, classes: total.classes)
        let layouts =
            total.choice.map {
                supernet.operators(of: Architecture(repeating: $0, in: space))
            } ?? supernet.operators
        #expect(layouts.reduce(0) { $0 + $1.parameterCount } == total.parameters)
        #expect(Set(layouts.map(\.id)).count == layouts.count)
    }

    @Test("builds a path of exactly the path's operators, which the supernet has too")
    func graphOperators() {
        let space = SearchSpace.covidNet3DSmall
        let supernet = CovidNet3DSupernet(space: space, classes: 3)
        let all = Set(supernet.operators)
        for choice in space.operations.indices {
            let path = Architecture(repeating: choice, in: space)
            let graph = supernet.graph(of: path, input: VolumeSize(16, 64, 64))
            #expect(graph.operators == supernet.operators(of: path))
            #expect(all.isSuperset(of: graph.operators))
            #expect(graph.slotCount == 21)
            #expect(graph.nodes.compactMap(\.slot) == Array(0..<21))
        }
    }

    @Test(
        "halves the volume, rounding up",
        arguments: [
            (VolumeSize(16, 64, 64), VolumeSize(1, 2, 2)),
            (VolumeSize(32, 128, 128), VolumeSize(1, 4, 4)),
            (VolumeSize(40, 256, 256), VolumeSize(2, 8, 8)),
            (VolumeSize(32, 512, 512), VolumeSize(1, 16, 16)),
        ])
    func featureSizes(input: VolumeSize, features: VolumeSize) {
        let space = SearchSpace.covidNet3DSmall
        let graph = CovidNet3DSupernet(space: space, classes: 3)
            .graph(of: Architecture(repeating: 3, in: space), input: input)
        #expect(graph.nodes[graph.features].size == features)
        #expect(graph.nodes[graph.features].channels == 1280)
        #expect(graph.classes == 3)
    }

    @Test(
        "costs the published multiply-adds per forward pass",
        arguments: [
            (false, 0, VolumeSize(16, 64, 64), 0.067), (false, 6, VolumeSize(16, 64, 64), 0.250),
            (false, 0, VolumeSize(32, 128, 128), 0.50), (false, 6, VolumeSize(32, 128, 128), 1.94),
            (true, 0, VolumeSize(16, 64, 64), 0.175), (true, 6, VolumeSize(16, 64, 64), 0.474),
        ])
    func multiplyAdds(isLarge: Bool, choice: Int, input: VolumeSize, billions: Double) {
        let space: SearchSpace = isLarge ? .covidNet3DLarge : .covidNet3DSmall
        let cost = CovidNet3DSupernet(space: space, classes: 3)
            .graph(of: Architecture(repeating: choice, in: space), input: input).cost
        #expect(abs(Double(cost.multiplyAdds) / 1e9 / billions - 1) < 0.01)
        #expect(cost.effectiveMultiplyAdds < cost.multiplyAdds)
    }

    @Test("counts megabytes of 2^20 bytes")
    func megabytes() {
        let space = SearchSpace.covidNet3DSmall
        let cost = CovidNet3DSupernet(space: space, classes: 3)
            .graph(of: Architecture(repeating: 7, in: space), input: VolumeSize(16, 64, 64)).cost
        #expect(cost.parameters == 676_515)
        #expect(abs(cost.megabytes - 2.5807) < 1e-4)
    }
}
