import CTData
import DataChecks
import Foundation
import ImageCodecs
import Phantoms
import RunConfiguration
import TestSupport
import Testing

@Suite("A check of phantoms")
struct PhantomCheckTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func phantoms(_ layout: PhantomLayout = .cleanCCCCII) throws -> ListedScans {
        _ = try PhantomSet.write(
            layout: layout, patients: 10, seed: 5, size: 64, to: folder.path)
        var data = DataConfiguration()
        data.root = folder.path
        data.table = folder.file("labels.csv")
        data.classes = layout.classes
        data.positive = layout.positive
        return try ListedScans.read(data, folder: "")
    }

    private func check(_ listed: ListedScans) -> DataCheck {
        DataCheck(listed, records: DataSurvey.records(of: listed))
    }

    @Test("finds no problem in a clean set", arguments: PhantomLayout.allCases)
    func clean(layout: PhantomLayout) throws {
        let check = check(try phantoms(layout))
        let problems = check.findings.filter { $0.severity == .problem }
        #expect(problems.isEmpty, "\(problems.map { "\($0.kind) \($0.scan ?? "") \($0.message)" })")
        #expect(check.records.allSatisfy { $0.rows == 64 })
    }

    @Test("names damage, and cleaning mends what can be mended without touching the source")
    func damage() throws {
        let listed = try phantoms()
        let scans = listed.scans
        func path(_ scan: Int, _ slice: Int) -> String {
            folder.path + "/" + scans[scan].files[slice]
        }
        let manager = FileManager.default
        // A file cut short, a copy of a slice, two slices that change places.
        let cut = [UInt8](try Data(contentsOf: URL(filePath: path(0, 5))))
        try Data(cut.prefix(cut.count / 2)).write(to: URL(filePath: path(0, 5)))
        try manager.removeItem(atPath: path(1, 9))
        try manager.copyItem(atPath: path(1, 8), toPath: path(1, 9))
        let swapped = folder.file("swapped.png")
        try manager.moveItem(atPath: path(2, 3), toPath: swapped)
        try manager.moveItem(atPath: path(2, 10), toPath: path(2, 3))
        try manager.moveItem(atPath: swapped, toPath: path(2, 10))
        try manager.removeItem(atPath: path(3, 0).replacing("/0000.png", with: ""))
        let before = try Data(contentsOf: URL(filePath: path(2, 3)))

        let again = try ListedScans.read(listed.data, folder: "")
        let check = check(again)
        func kinds(_ scan: Int) -> [Finding.Kind] {
            check.findings.filter { $0.scan == scans[scan].id && $0.severity == .problem }
                .map(\.kind)
        }
        #expect(kinds(0) == [.damagedFile])
        #expect(kinds(1) == [.repeatedSlice])
        #expect(kinds(2) == [.disorderedSlices])
        #expect(kinds(3) == [.missingFile])
        #expect(check.findings.filter { $0.severity == .problem }.count == 4)

        let fixes = try FixList(parsing: FixList(check).text, file: "fixes.csv")
        let cleaned = folder.file("cleaned")
        let (summary, manifests) = try CleanedSet.write(
            fixes, from: "fixes.csv", to: again, in: cleaned, transfer: .link)
        #expect(manifests == ["labels.csv"])
        #expect(summary.discarded == 1 && summary.reordered == 1 && summary.removedSlices == 2)
        #expect(try Data(contentsOf: URL(filePath: path(2, 3))) == before)

        var data = listed.data
        data.root = cleaned
        data.table = cleaned + "/labels.csv"
        let mended = self.check(try ListedScans.read(data, folder: ""))
        let left = mended.findings.filter { $0.severity == .problem }
        #expect(left.isEmpty, "\(left.map(\.message))")
        let scan = try #require(mended.listed.scans.first { $0.id == scans[2].id })
        let third = try PictureReader.read("\(cleaned)/\(scan.files[3])")
        #expect(try third.pixels == PictureReader.read(path(2, 10)).pixels)
    }

    @Test("refuses a list of fixes for scans that nobody lists")
    func unknownScan() throws {
        let listed = try phantoms()
        let fixes = try FixList(
            parsing: "cls,pid,scan_id,repeat_ids\nCP,nobody,1,discard\n", file: "fixes.csv")
        let error = #expect(throws: FixListError.self) {
            try CleanedSet.write(
                fixes, from: "fixes.csv", to: listed, in: folder.file("new"), transfer: .link)
        }
        #expect(error?.description.hasPrefix("fixes.csv:2: ") == true)
    }

    @Test("writes a page that needs nothing beside it")
    func page() throws {
        let listed = try phantoms()
        let file = folder.path + "/" + listed.scans[0].files[4]
        try Data([1, 2, 3]).write(to: URL(filePath: file))
        try check(listed).writeHTML(to: folder.file("check.html"), title: "<phantoms>")
        let page = String(decoding: try folder.bytes("check.html"), as: UTF8.self)
        #expect(page.contains("damaged-file") && page.contains("data:image/png;base64,"))
        #expect(page.contains("&lt;phantoms&gt;") && !page.contains("<phantoms>"))
        #expect(!page.contains("http://") && !page.contains("https://"))
    }
}
