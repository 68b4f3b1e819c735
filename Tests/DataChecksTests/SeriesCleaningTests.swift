import CTData
import DataChecks
import Foundation
import ImageCodecs
import RunConfiguration
import Tensors
import TestSupport
import Testing

@Suite("Cleaning a DICOM series")
struct SeriesCleaningTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A series whose files' names run from head to feet, beside one slice of another series.
    private func listed() throws -> ListedScans {
        try FileManager.default.createDirectory(
            atPath: folder.file("a/s"), withIntermediateDirectories: true)
        for place in 0..<6 {
            var slice = DICOMFile()
            slice.position = "-10\\-20\\\(2 * place)"
            slice.samples = (0..<20).map { UInt16(1000 + 50 * place + $0) }
            _ = try folder.write(slice.bytes, "a/s/\(5 - place)")
        }
        var other = DICOMFile()
        other.series = "9.9"
        _ = try folder.write(other.bytes, "a/s/other")
        _ = try folder.write(
            Array("file,label,patient_id,series\na/s,a,p,1.2.3\n".utf8), "list.csv")
        var data = DataConfiguration()
        data.root = folder.path
        data.table = folder.file("list.csv")
        data.classes = ["a": 0, "b": 1]
        data.positive = "b"
        return try ListedScans.read(data, folder: "")
    }

    private func clean(_ fix: String) throws -> String {
        let listed = try listed()
        let fixes = try FixList(
            parsing: "cls,pid,scan_id,repeat_ids,re_order,scan\na,p,s,\(fix),a/s#1.2.3\n",
            file: "fixes.csv")
        let cleaned = folder.file("cleaned")
        _ = try CleanedSet.write(
            fixes, from: "fixes.csv", to: listed, in: cleaned, transfer: .link)
        return cleaned
    }

    @Test("takes slices away by their place in the patient, and files of other series")
    func removes() throws {
        let cleaned = try clean("1;4,")
        let volume = try ScanVolume(contentsOf: cleaned + "/a/s#1.2.3").volume
        #expect(volume.size.depth == 4)
        let area = volume.size.height * volume.size.width
        let lowest = (0..<4).map { volume.voxels[($0 * area)..<(($0 + 1) * area)].min() }
        #expect(lowest == [-24, 76, 126, 226])
    }

    @Test("does not pretend to reorder it")
    func reorder() {
        #expect(throws: ImageCodecError.self) { try clean(",reverse") }
    }
}
