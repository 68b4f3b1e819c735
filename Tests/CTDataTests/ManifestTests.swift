import CTData
import Foundation
import RunConfiguration
import TestSupport
import Testing

@Suite("A manifest")
struct ManifestTests {
    let folder: TemporaryFolder
    let classes = ["CP": 0, "NCP": 1, "Normal": 2]

    init() throws { folder = try TemporaryFolder() }

    private func json(_ text: String) throws -> String {
        try folder.write(Array(text.utf8), "list.json")
    }

    private func table(_ text: String) throws -> String {
        try folder.write(Array(text.utf8), "list.csv")
    }

    private func message(_ body: () throws -> Void) throws -> String {
        "\(try #require(throws: ManifestError.self, performing: body))"
    }

    @Test("keeps the order of slices and names NIfTI scans by their class")
    func paperJSON() throws {
        let path = try json(
            """
            {"NCP": {"7": {"2": ["0003.png", "0001.png"], "1": ["0000.png"]}, "8": {}},
             "CP": {"9": {"9": ["study_9.nii.gz"]}}, "Normal": {}}
            """)
        let manifest = try Manifest.read(
            paperJSON: path, root: "/data", classes: classes, split: "train", missing: .ignore)
        #expect(manifest.scans.map(\.id) == ["CP/9/9", "NCP/7/1", "NCP/7/2"])
        #expect(manifest.scans.map(\.classIndex) == [0, 1, 1])
        #expect(manifest.scans[0].files == ["CP/study_9.nii.gz"])
        #expect(manifest.scans[2].files == ["NCP/7/2/0003.png", "NCP/7/2/0001.png"])
        #expect(manifest.emptyPatients.map(\.patient) == ["8"])
        #expect(manifest.scans[2].origin == "\(path): NCP/7/2")
    }

    @Test("with missing files is refused, or goes on without them when allowed")
    func missingFiles() throws {
        let path = try json(#"{"NCP": {"7": {"1": ["0.png"], "2": ["0.png"]}}, "CP": {}}"#)
        try FileManager.default.createDirectory(
            atPath: folder.file("NCP/7/2"), withIntermediateDirectories: true)
        _ = try folder.write([1], "NCP/7/2/0.png")
        let text = try message {
            _ = try Manifest.read(paperJSON: path, root: folder.path, classes: classes, split: "")
        }
        #expect(text.contains("NCP/7/1") && text.contains("allowMissing"))
        let manifest = try Manifest.read(
            paperJSON: path, root: folder.path, classes: classes, split: "", missing: .leaveOut)
        #expect(manifest.scans.map(\.id) == ["NCP/7/2"])
        #expect(manifest.warnings.count == 1)
    }

    @Test(
        "of another structure is refused with the place and the format",
        arguments: [
            (#"{"NCP": {"7": ["0.png"]}}"#, "NCP/7"), (#"["NCP"]"#, "top level"),
            (#"{"NCP": {"7": {"1": []}}}"#, "NCP/7/1"), (#"{"NCP": {"7": {"1": [3]}}}"#, "NCP/7/1"),
            (#"{"NCP": "#, "JSON"),
        ])
    func structure(text: String, place: String) throws {
        let path = try json(text)
        let error = try message {
            _ = try Manifest.read(
                paperJSON: path, root: "", classes: classes, split: "", missing: .ignore)
        }
        #expect(error.contains(path) && error.contains(place))
    }

    @Test("reads a table with quotes, numbers for labels and columns of its own")
    func csv() throws {
        let path = try table(
            "\u{FEFF}x, file ,label,patient_id,split\r\n1,\"a, \"\"b\"\".nii\",NCP,p1,train\r\n\r\n"
                + "\"two\nlines\",c.nii,2,p2,test\r\n3,d.nii, CP ,p1,train")
        let manifest = try Manifest.read(table: path, root: "r", classes: classes, missing: .ignore)
        #expect(manifest.scans.map(\.files) == [["a, \"b\".nii"], ["c.nii"], ["d.nii"]])
        #expect(manifest.scans.map(\.label) == ["NCP", "Normal", "CP"])
        #expect(manifest.scans.map(\.classIndex) == [1, 2, 0])
        #expect(manifest.scans.map(\.split) == ["train", "test", "train"])
        #expect(manifest.scans.map(\.origin) == ["\(path):2", "\(path):4", "\(path):6"])
    }

    @Test(
        "reports a bad line of a table by number",
        arguments: [
            ("file,label,patient_id\na.nii,NCP,p\nb.nii,other,p", ":3", "other"),
            ("file,label,patient_id\na.nii,NCP", ":2", "fields"),
            ("file,label,patient_id\na.nii,NCP,p\na.nii,NCP,p", ":3", "already"),
            ("file,label,patient_id\n../a.nii,NCP,p", ":2", "leaves the root"),
            ("file,label,patient_id\n/etc/a.nii,NCP,p", ":2", "leaves the root"),
            ("file,label,patient_id\nb/../../a.nii,NCP,p", ":2", "leaves the root"),
            ("file,label,patient_id\na.nii,NCP,", ":2", "patient_id"),
            ("file,label,patient_id\na.nii,5,p", ":2", "'5'"),
            ("file,label\na.nii,NCP", ":1", "patient_id"),
            ("file,label,patient_id\n\"a.nii,NCP,p\n", ":2", "never closed"),
            ("", ":1", "empty"),
        ])
    func badLines(text: String, line: String, reason: String) throws {
        let path = try table(text)
        let error = try message {
            _ = try Manifest.read(table: path, root: "", classes: classes, missing: .ignore)
        }
        #expect(error.contains(path + line) && error.contains(reason), "\(error)")
    }

    @Test("takes a folder's pictures in the order of the numbers in their names")
    func folders() throws {
        try FileManager.default.createDirectory(
            atPath: folder.file("scan"), withIntermediateDirectories: true)
        for name in ["s10.png", "s2.png", "notes.txt", "s1.TIF"] {
            _ = try folder.write([1], "scan/\(name)")
        }
        let path = try table("file,label,patient_id\nscan,NCP,p")
        let manifest = try Manifest.read(table: path, root: folder.path, classes: classes)
        #expect(manifest.scans[0].files == ["scan/s1.TIF", "scan/s2.png", "scan/s10.png"])
    }

    @Test("needs classes without gaps", arguments: [[:], ["a": 1], ["a": 0, "b": 2]])
    func classIndices(classes: [String: Int]) throws {
        let path = try table("file,label,patient_id\na.nii,a,p")
        let error = try message {
            _ = try Manifest.read(table: path, root: "", classes: classes, missing: .ignore)
        }
        #expect(error.contains("data.classes"))
    }

    @Test("that shares patients between training and test is refused")
    func leak() throws {
        _ = try table("file,label,patient_id,split\na.nii,CP,p,train\nb.nii,NCP,p,test")
        var data = DataConfiguration()
        data.table = "list.csv"
        data.classes = classes
        let error = try message {
            _ = try ScanLists.read(data, folder: folder.path, requiresFiles: false)
        }
        #expect(error.contains("'p'"))
        data.testSplits = []
        let lists = try ScanLists.read(data, folder: folder.path, requiresFiles: false)
        #expect(lists.training.map(\.id) == ["a.nii"])
        #expect(lists.root == folder.path)
    }
}
