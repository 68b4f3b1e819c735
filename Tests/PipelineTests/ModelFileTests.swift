import CTData
import Evaluation
import Execution
import Foundation
import Graphs
import ImageCodecs
import Models
import Phantoms
import Pipeline
import RunConfiguration
import Safetensors
import SearchSpaces
import Tensors
import Testing

@Suite("A saved model")
struct ModelFileTests {
    let folder: String
    let scans: [ScanReference]

    init() throws {
        folder =
            FileManager.default.temporaryDirectory
            .appending(path: "voxelnas-model-\(UUID().uuidString)").path
        _ = try PhantomSet.write(
            layout: .mosMedData, patients: 4, seed: 3, size: 32, to: folder + "/scans")
        scans = try ScanFinder.scans(at: folder + "/scans").filter { !$0.id.hasPrefix("masks") }
    }

    static func configuration(
        _ mode: InputConfiguration.Mode, _ normalization: InputConfiguration.Normalization
    ) -> RunConfiguration {
        var configuration = RunConfiguration()
        configuration.name = "sample"
        configuration.data.classes = ["CT-0": 0, "CT-1": 1]
        configuration.data.positive = "CT-1"
        configuration.evaluationInput.depth = 6
        configuration.evaluationInput.height = 24
        configuration.evaluationInput.width = 20
        configuration.evaluationInput.mode = mode
        configuration.evaluationInput.spacingInMillimetres = [12.5, 14, 15]
        configuration.evaluationInput.normalization = normalization
        configuration.space.preset = .custom
        configuration.space.widths = [8, 16]
        configuration.space.blocks = [2, 2]
        configuration.space.strides = [[1, 2, 2], [1, 2, 2]]
        configuration.space.stemStride = [1, 2, 2]
        configuration.space.featureChannels = 32
        return configuration
    }

    /// A network of random weights whose statistics fit the scans, and its logits for them.
    private func sample(
        _ configuration: RunConfiguration
    ) throws -> (model: ModelFile, logits: [Float]) {
        let volumes = try ShardPacker.pack(
            scans, root: "", input: configuration.evaluationInput,
            into: folder + "/shards-\(UUID().uuidString)")
        let intensities =
            configuration.evaluationInput.normalization == .dataset
            ? try IntensityStatistics(
                measuring: Array(scans.indices), of: volumes, input: configuration.evaluationInput)
            : nil
        let loader = try BatchLoader(
            volumes, input: configuration.evaluationInput, seed: configuration.seed,
            statistics: intensities)
        let input = try loader.batch(
            scans: Array(scans.indices), epoch: 0, augmented: false)
        let architecture = Architecture(choices: [1, 7, 4, 2])
        let supernet = CovidNet3DSupernet(
            space: try configuration.space.searchSpace(), classes: 2)
        let graph = supernet.graph(of: architecture, input: configuration.evaluationInput.size)
        let parameters = ParameterSet(initializing: graph.operators, seed: 1, model: "sample")
        let executor = Executor(threads: 1)
        let statistics = try executor.statistics(
            ExecutionPlan(graph: graph, batch: scans.count, mode: .statistics),
            parameters: parameters, input: input)
        let prediction = try executor.predict(
            ExecutionPlan(graph: graph, batch: scans.count, mode: .inference),
            parameters: parameters, statistics: statistics, input: input)
        let model = ModelFile(
            architecture: architecture, configuration: configuration, parameters: parameters,
            statistics: statistics, intensities: intensities,
            remarks: ["epoch": "3", "seed": "9", "shards": "f00"])
        return (model, prediction.logits.elements)
    }

    @Test(
        "predicts the same bits after it was saved, from files instead of shards",
        arguments: InputConfiguration.Mode.allCases, InputConfiguration.Normalization.allCases)
    func reload(
        mode: InputConfiguration.Mode, normalization: InputConfiguration.Normalization
    ) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (model, logits) = try sample(Self.configuration(mode, normalization))
        let path = folder + "/model.safetensors"
        try model.write(to: path)
        let network = try SavedNetwork(path: path)
        #expect(network.model.parameters == model.parameters)
        #expect(network.model.statistics == model.statistics)
        #expect(network.model.intensities == model.intensities)
        #expect(network.model.configuration == model.configuration)
        #expect(network.model.remarks == ["epoch": "3", "seed": "9", "shards": "f00"])
        for (index, scan) in scans.enumerated() {
            let found = try network.logits(of: network.prepared(scan).input)
            #expect(
                found.map(\.bitPattern)
                    == logits[(2 * index)..<(2 * index + 2)].map(\.bitPattern))
        }
        #expect(Set(logits).count > 2)
    }

    @Test("says in its metadata what it is and what it is not for")
    func metadata() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (model, _) = try sample(Self.configuration(.slices, .unit))
        let path = folder + "/model.safetensors"
        try model.write(to: path)
        let metadata = try SafetensorsFile(path: path).metadata
        #expect(metadata["format"] == "voxelnas-model-1")
        #expect(metadata["architecture"] == "1742")
        #expect(metadata["classes"] == "CT-0,CT-1")
        #expect(metadata["positive"] == "CT-1")
        #expect(metadata["shards"] == "f00")
        #expect(metadata["use"]?.contains("Research use only") == true)
        #expect(metadata["configuration"]?.contains("evaluationInput") == true)
    }

    @Test("is refused when a tensor is missing, or when it is something else")
    func damaged() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (model, _) = try sample(Self.configuration(.slices, .unit))
        let path = folder + "/model.safetensors"
        var less = model.parameters
        less[OperatorID("mix")] = nil
        try ModelFile(
            architecture: model.architecture, configuration: model.configuration,
            parameters: less, statistics: model.statistics
        ).write(to: path)
        let found = #expect(throws: ModelFile.Failure.self) { try ModelFile(path: path) }
        #expect("\(try #require(found))".contains("mix/mix.weight"))
        try SafetensorsWriter.write(path: path, floats: [("a", [1], [1])], metadata: [:])
        #expect(throws: ModelFile.Failure.self) { try ModelFile(path: path) }
        #expect(throws: ModelFile.Failure.self) { try ModelFile.locate(folder) }
    }

    @Test("answers for a scan that cannot be read with the reason")
    func unreadable() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (model, _) = try sample(Self.configuration(.slices, .unit))
        let path = folder + "/model.safetensors"
        try model.write(to: path)
        let broken = folder + "/scans/broken.nii"
        try Data("no volume".utf8).write(to: URL(filePath: broken))
        let scan = try #require(try ScanFinder.scans(at: broken).first)
        let answer = ScanPrediction(of: scan, by: try SavedNetwork(path: path))
        #expect(answer.predicted == nil)
        #expect(answer.error?.contains("broken.nii") == true)
        #expect(answer.csvRow(classes: 2).hasPrefix("broken.nii,,,,,,"))
    }

    @Test("writes maps of every class, on the scan's own voxels")
    func maps() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (model, logits) = try sample(Self.configuration(.slices, .zScore))
        let path = folder + "/model.safetensors"
        try model.write(to: path)
        let network = try SavedNetwork(path: path)
        let maps = try ActivationMapFolder(network, network.prepared(scans[0]), classes: [0, 1])
        let summary = try maps.write(to: folder + "/maps")
        #expect(summary.rawMapSize == VolumeSize(6, 3, 3))
        #expect(summary.classes.map(\.name) == ["CT-0", "CT-1"])
        #expect(summary.classes.map(\.logit) == logits[0..<2].map(Double.init))
        for entry in summary.classes {
            #expect(entry.occlusionDrops.count == 6)
            #expect(entry.files.count == 1 + 6 + 1 + 1)
            for file in entry.files {
                #expect(FileManager.default.fileExists(atPath: folder + "/maps/" + file))
            }
        }
        let scan = try NIfTIReader.read(scans[0].files[0])
        let map = try NIfTIReader.read(folder + "/maps/cam-CT-1.nii.gz")
        #expect(map.dimensions == scan.dimensions)
        #expect(zip(map.affine, scan.affine).allSatisfy { abs($0 - $1) < 1e-4 })
        #expect(Set(map.voxels).count > 100)
    }
}
