import CTData
import Foundation
import ImageCodecs
import RunConfiguration
import TestSupport
import Testing

@Suite("Folders of classes")
struct LayoutTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func touch(_ files: String...) throws {
        for file in files {
            try FileManager.default.createDirectory(
                atPath: (folder.file(file) as NSString).deletingLastPathComponent,
                withIntermediateDirectories: true)
            _ = try folder.write([1], file)
        }
    }

    private func read(
        _ classes: [String: Int] = ["CT-0": 0, "CT-1": 1]
    ) throws -> [ScanReference] {
        try Manifest.read(
            folders: folder.path, classes: classes, splits: ["train", "test"], standard: "train"
        ).scans
    }

    @Test("are read as MosMedData is published")
    func mosMedData() throws {
        try touch(
            "studies/CT-0/study_0001.nii.gz", "studies/CT-1/study_0256.nii.gz",
            "studies/CT-1/study_0255.nii.gz", "masks/study_0255_mask.nii.gz", "README_EN.pdf")
        let scans = try read()
        #expect(scans.map(\.patient) == ["study_0001", "study_0255", "study_0256"])
        #expect(scans.map(\.classIndex) == [0, 1, 1])
        #expect(scans[1].files == ["studies/CT-1/study_0255.nii.gz"])
        #expect(scans.allSatisfy { $0.split == "train" })
    }

    @Test("are read as Clean-CC-CCII and COVID-CTset are published")
    func patientFolders() throws {
        try touch(
            "CP/1/3143/0010.png", "CP/1/3143/0002.png", "CP/1/3144/0000.png", "NCP/7/1/0000.png",
            "NCP/.DS_Store")
        let scans = try read(["CP": 0, "NCP": 1, "Normal": 2])
        #expect(scans.map(\.id) == ["CP/1/3143", "CP/1/3144", "NCP/7/1"])
        #expect(scans.map(\.patient) == ["1", "1", "7"])
        #expect(scans[0].files == ["CP/1/3143/0002.png", "CP/1/3143/0010.png"])
    }

    @Test("are read as COVID-CTset's training lists are published: all slices in one folder")
    func looseSlices() throws {
        try touch(
            "covid/137covid_patient1_SR_2_IM00012.tif", "covid/137covid_patient1_SR_2_IM00009.tif",
            "covid/137covid_patient1_SR_3_IM00001.tif", "normal/normal1_patient20_SR_2_IM00007.tif")
        let scans = try read(["covid": 1, "normal": 0])
        #expect(scans.map(\.patient) == ["patient1", "patient1", "patient20"])
        #expect(scans.map(\.files.count) == [2, 1, 1])
        #expect(scans[0].files[0].hasSuffix("IM00009.tif"))
    }

    @Test("may lie in splits, and scans beside each other in a class")
    func splits() throws {
        try touch(
            "train/a/s1/1.png", "train/b/s2/1.png", "test/a/s3/1.tif", "test/b/p4/x.nii.gz")
        let scans = try read(["a": 0, "b": 1])
        #expect(scans.map(\.split) == ["test", "test", "train", "train"])
        #expect(scans.map(\.patient) == ["s3", "p4", "s1", "s2"])
        var data = DataConfiguration()
        data.format = .folders
        data.root = folder.path
        data.classes = ["a": 0, "b": 1]
        let lists = try ScanLists.read(data, folder: "")
        #expect(lists.training.count == 2 && lists.test.count == 2)
    }

    @Test("and tables take folders of DICOM slices, of a named series where there are two")
    func dicom() throws {
        var first = DICOMFile()
        first.samples = (0..<20).map { 1000 + $0 }
        var second = first
        second.series = "9.8"
        second.samples = (0..<20).map { 2000 + $0 }
        try touch("a/s1/IM1", "a/s1/notes.txt", "b/s2/IM1", "b/s2/IM2")
        _ = try folder.write(first.bytes, "a/s1/IM1")
        _ = try folder.write(first.bytes, "b/s2/IM1")
        _ = try folder.write(second.bytes, "b/s2/IM2")
        #expect(
            try read(["a": 0, "b": 1]).map(\.files) == [["a/s1/IM1"], ["b/s2/IM1", "b/s2/IM2"]])

        let table = try folder.write(
            Array("file,label,patient_id,series\na/s1,a,p,\nb/s2,b,q,9.8\nb/s2,b,q,1.2.3\n".utf8),
            "list.csv")
        let scans = try Manifest.read(
            table: table, root: folder.path, classes: ["a": 0, "b": 1]
        ).scans
        #expect(scans.map(\.id) == ["a/s1", "b/s2#9.8", "b/s2#1.2.3"])
        var input = InputConfiguration()
        (input.height, input.width, input.resizeRatio, input.resize) = (4, 5, 1, .nearest)
        let volumes = try ShardPacker.pack(
            scans, root: folder.path, input: input, into: folder.file("shards"))
        #expect(volumes.scans.map(\.measured.scale) == [.hounsfield, .hounsfield, .hounsfield])
        #expect(try volumes.slice(0, ofScan: 0)[0] == -24)
        #expect(try volumes.slice(0, ofScan: 1)[0] == 976)
        // The shards lie below the root and are no class.
        let unnamed = try read(["a": 0, "b": 1])
        let error = try #require(throws: ShardError.self) {
            try ShardPacker.pack(
                unnamed, root: folder.path, input: input,
                into: folder.file("other"))
        }
        #expect("\(error)".contains("2 series"))
    }

    @Test("of other names are refused with the names that are known")
    func otherNames() throws {
        try touch("a/s/1.png", "other/s/1.png")
        let error = try #require(throws: ManifestError.self) { try read(["a": 0, "b": 1]) }
        #expect("\(error)".contains("'other'") && "\(error)".contains("a, b"))
        let nothing = try #require(throws: ManifestError.self) { try read(["x": 0, "y": 1]) }
        #expect("\(nothing)".contains(folder.path))
    }

    @Test("with slices of unknown scans are refused with the file")
    func unknownSlices() throws {
        try touch("a/1.png", "b/s/1.png")
        let error = try #require(throws: ManifestError.self) { try read(["a": 0, "b": 1]) }
        #expect("\(error)".contains("a/1.png"))
    }
}
