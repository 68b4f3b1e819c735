import CTData
import Foundation
import RunConfiguration
import TestSupport
import Testing

@Suite("The developers' scans", .enabled(if: SharedData.folder != nil, "\(SharedData.skipped)"))
struct SharedScanTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func seconds(_ body: () throws -> Void) rethrows -> Double {
        let duration = try ContinuousClock().measure(body)
        return Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    @Test("of lung nodules are cut in millimetres and load fast")
    func nodules() throws {
        let root = "\(SharedData.folder ?? "")/data/lidc_nodules"
        var data = DataConfiguration()
        data.root = root
        data.table = root + "/labels.csv"
        data.classes = ["benign": 0, "malignant": 1]
        data.testSplits = ["val"]
        let lists = try ScanLists.read(data, folder: "")
        let statistics = ManifestStatistics(lists.training)
        #expect(statistics.classes.map(\.scans) == [401, 223])
        #expect(ManifestStatistics(lists.test).classes.map(\.scans) == [77, 35])

        var input = InputConfiguration()
        input.mode = .physical
        (input.depth, input.height, input.width) = (8, 32, 32)
        input.spacingInMillimetres = [0.625, 0.625, 0.625]
        let shards = folder.file("shards")
        let packing = try seconds {
            _ = try ShardPacker.pack(lists.all, root: lists.root, input: input, into: shards)
        }
        var volumes: VolumeSet?
        let opening = try seconds { volumes = try VolumeSet(folder: shards) }
        let loader = try BatchLoader(try #require(volumes), input: input, seed: 1)
        #expect(loader.volumes.scans.count == 736)
        let all = Array(loader.volumes.scans.indices)
        var batch: [Float] = []
        let loading = try seconds {
            batch = try loader.batch(scans: all, epoch: 0, augmented: true)
        }
        #expect(batch.count == 736 * 8 * 32 * 32)
        #expect(batch.allSatisfy { $0.isFinite })
        #expect(loader.classes(of: all).reduce(0, +) == 258)
        // The crop size tells the class; what is left of it after the cut is the padding.
        let size = loader.volumes.scans.map {
            (Double($0.measured.original.slices), $0.classIndex == 1)
        }
        let padding = loader.volumes.scans.map { ($0.measured.paddingShare, $0.classIndex == 1) }
        let padded = loader.volumes.scans.filter { $0.measured.paddingShare > 0 }.count
        print(
            "nodules: packed in \(packing) s, opened in \(opening) s, \(loading / 736 * 1e3) ms a "
                + "sample; AUC of slice count \(rankArea(size)), of padding \(rankArea(padding)), "
                + "\(padded) scans have padding")
    }

    @Test("of chests pack from every format")
    func formats() throws {
        let root = "\(SharedData.folder ?? "")/data/covid_ct_md"
        let classes = ["COVID": 1, "CAP": 0, "Normal": 2]
        var input = InputConfiguration()
        input.normalization = .unit
        var means: [String: Double] = [:]
        let table = try folder.write(
            Array(
                ("file,label,patient_id\nnifti/COVID/study_0001.nii.gz,COVID,n\n"
                    + "png/COVID/P001/1,COVID,p\ntiff16/COVID,COVID,t\n"
                    + "dicom_jpeg_lossless/COVID/P001,COVID,d\n").utf8), "list.csv")
        let manifest = try Manifest.read(table: table, root: root, classes: classes)
        #expect(manifest.scans.map(\.files.count) == [1, 12, 5, 12])
        let volumes = try ShardPacker.pack(
            manifest.scans, root: root, input: input, into: folder.file("shards"))
        #expect(volumes.scans.map(\.measured.storedSlices) == [37, 12, 5, 12])
        #expect(
            volumes.scans.map(\.measured.scale)
                == [.hounsfield, .picture8, .picture16, .hounsfield])
        let loader = try BatchLoader(volumes, input: input, seed: 1)
        var time = 0.0
        for scan in volumes.scans.indices {
            var sample: [Float] = []
            time += try seconds {
                for epoch in 0..<20 {
                    sample = try loader.batch(scans: [scan], epoch: UInt32(epoch), augmented: true)
                }
            }
            means[volumes.scans[scan].id] =
                sample.reduce(0) { $0 + Double($1) } / Double(sample.count)
        }
        print("chests: \(time / 80 * 1e3) ms a sample of 16×64×64; means \(means)")
        #expect(means.values.allSatisfy { (0.05...0.8).contains($0) })
    }
}
