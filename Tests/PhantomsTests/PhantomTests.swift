import CTData
import Foundation
import ImageCodecs
import Phantoms
import RunConfiguration
import Tensors
import TestSupport
import Testing

@Suite("Synthetic chest CTs")
struct PhantomTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(
        "of each layout are read by their manifests and by their table",
        arguments: PhantomLayout.allCases)
    func layouts(layout: PhantomLayout) throws {
        let scans = try PhantomSet.write(
            layout: layout, patients: 4, seed: 3, size: 32, to: folder.path)
        var data = DataConfiguration()
        data.root = folder.path
        data.classes = layout.classes
        data.positive = layout.positive
        data.table = folder.file("labels.csv")
        let table = try ScanLists.read(data, folder: "")
        data.format = .paperJSON
        data.train = folder.file("train.json")
        data.test = folder.file("test.json")
        let paper = try ScanLists.read(data, folder: "")
        for lists in [table, paper] {
            #expect(lists.all.count == scans.count)
            #expect(
                ManifestStatistics(lists.all).classes.map(\.patients)
                    == layout.classes.values.max().map { Array(repeating: 4, count: $0 + 1) })
            #expect(Set(lists.all.flatMap(\.files)) == Set(scans.flatMap(\.files)))
        }
        var input = InputConfiguration()
        (input.depth, input.height, input.width) = (8, 16, 16)
        let volumes = try ShardPacker.pack(
            paper.all, root: folder.path, input: input, into: folder.file("shards"))
        let loader = try BatchLoader(volumes, input: input, seed: 1)
        let batch = try loader.batch(scans: [0, 1], epoch: 0, augmented: true)
        #expect(batch.allSatisfy { $0.isFinite })
        for scan in scans {
            let mask = try NIfTIReader.read(folder.file(scan.mask)).axialVolume()
            #expect(Set(mask.voxels).isSubset(of: [0, 1]))
            let isHealthy = ["Normal", "normal", "CT-0"].contains(scan.label)
            #expect((mask.voxels.max() == 1) == !isHealthy, "\(scan.mask)")
        }
    }

    @Test("are a function of the seed")
    func deterministic() {
        func make(_ seed: UInt64, _ classIndex: Int) -> PhantomScan {
            PhantomScan(
                .init(seed: seed, classIndex: classIndex, rank: 0, scan: 0),
                finding: .groundGlass(extent: 0.4), size: 32, slices: 8...16)
        }
        #expect(make(1, 0).volume == make(1, 0).volume)
        #expect(make(1, 0).volume.voxels != make(2, 0).volume.voxels)
        #expect(make(1, 0).volume.voxels != make(1, 1).volume.voxels)
        #expect(make(1, 0).volume.size == make(1, 1).volume.size)
    }

    @Test("have lungs of air, opacities between, and bone")
    func intensities() {
        let healthy = PhantomScan(
            .init(seed: 5, classIndex: 2, rank: 1, scan: 0), finding: .normal, size: 48,
            slices: 16...16)
        let ill = PhantomScan(
            .init(seed: 5, classIndex: 1, rank: 1, scan: 0), finding: .groundGlass(extent: 0.5),
            size: 48, slices: 16...16)
        let dense = PhantomScan(
            .init(seed: 5, classIndex: 0, rank: 1, scan: 0), finding: .consolidation, size: 48,
            slices: 16...16)
        #expect(healthy.lesionShare == 0)
        #expect((0.1...0.8).contains(ill.lesionShare))
        #expect((0.02...0.5).contains(dense.lesionShare))
        func mean(_ scan: PhantomScan) -> Float {
            let inside = zip(scan.volume.voxels, scan.lesions.voxels).filter { $0.1 == 1 }.map(\.0)
            return inside.reduce(0, +) / Float(inside.count)
        }
        #expect((-720 ... -300).contains(mean(ill)))
        #expect((-350...60).contains(mean(dense)))
        let voxels = healthy.volume.voxels
        let lung = voxels.filter { (-950 ... -750).contains($0) }.count
        #expect((0.06...0.3).contains(Double(lung) / Double(voxels.count)))
        #expect((voxels.max() ?? 0) > 300)
    }

    @Test("have one opacity, many, or one in every second patient")
    func opacities() throws {
        func write(_ opacities: PhantomOpacities) throws -> [PhantomSet.Scan] {
            try PhantomSet.write(
                layout: .mosMedData, patients: 6, seed: 3, size: 32, opacities: opacities,
                to: folder.file(opacities.rawValue))
        }
        let (many, one, mixed) = try (write(.many), write(.one), write(.mixed))
        for (index, scan) in mixed.enumerated() {
            let isSingle = index.isMultiple(of: 2)
            let same = isSingle ? one[index] : many[index]
            let bytes = try folder.bytes("mixed/\(scan.files[0])")
            #expect(bytes == (try folder.bytes("\(isSingle ? "one" : "many")/\(same.files[0])")))
            let isHealthy = scan.label == "CT-0"
            #expect((one[index].files == many[index].files))
            #expect((one[index].lesionShare == many[index].lesionShare) == isHealthy)
            // At most 12 cm across, of lungs of about 5 litres.
            #expect((0...0.12).contains(one[index].lesionShare))
        }
    }

    @Test("cannot be told apart by trivial features")
    func trivialFeatures() throws {
        let scans = try PhantomSet.write(
            layout: .cleanCCCCII, patients: 14, seed: 1, size: 32, to: folder.path)
        #expect(scans.count >= 55)
        let manifest = try Manifest.read(
            table: folder.file("labels.csv"), root: folder.path,
            classes: PhantomLayout.cleanCCCCII.classes)
        var input = InputConfiguration()
        (input.depth, input.height, input.width) = (8, 16, 16)
        let volumes = try ShardPacker.pack(
            manifest.scans, root: folder.path, input: input, into: folder.file("shards"))
        let features: [(String, (MeasuredScan.Original) -> Double)] = [
            ("slices", { Double($0.slices) }), ("mean", { $0.mean }),
            ("deviation", { $0.standardDeviation }), ("minimum", { $0.minimum }),
            ("maximum", { $0.maximum }), ("bytes", { Double($0.fileBytes) }),
        ]
        for (name, feature) in features {
            for (first, second) in [(0, 1), (0, 2), (1, 2)] {
                let values = volumes.scans.filter { [first, second].contains($0.classIndex) }
                    .map { (feature($0.measured.original), $0.classIndex == second) }
                let area = rankArea(values)
                #expect(max(area, 1 - area) < 0.6, "\(name) tells \(first) from \(second): \(area)")
            }
        }
    }

    /// The area under the ROC curve: how often a positive ranks above a negative, ties half.
    private func rankArea(_ values: [(value: Double, isPositive: Bool)]) -> Double {
        let positives = values.filter(\.isPositive).map(\.value)
        let negatives = values.filter { !$0.isPositive }.map(\.value)
        var wins = 0.0
        for positive in positives {
            for negative in negatives {
                wins += positive > negative ? 1 : positive == negative ? 0.5 : 0
            }
        }
        return wins / Double(positives.count * negatives.count)
    }
}
