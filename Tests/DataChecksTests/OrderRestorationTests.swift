import CTData
import DataChecks
import Foundation
import Phantoms
import RunConfiguration
import TestSupport
import Testing

@Suite("The order of slices")
struct OrderRestorationTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("is restored after what happens to archives, slice by slice")
    func restores() throws {
        let layout = PhantomLayout.cleanCCCCII
        _ = try PhantomSet.write(layout: layout, patients: 10, seed: 6, size: 96, to: folder.path)
        var data = DataConfiguration()
        data.root = folder.path
        data.table = folder.file("labels.csv")
        data.classes = layout.classes
        data.positive = layout.positive
        let listed = try ListedScans.read(data, folder: "")

        // What the slices of the first scans are put into the places of.
        let damages: [(Int) -> [Int]] = [
            { count in (0..<count).sorted { String($0) < String($1) } },
            { count in (0..<count).sorted { String($0 + 1) < String($1 + 1) } },
            { count in Array(0..<5) + Array(6..<count) + [5] },
            { count in [0, 1] + Array(3..<15) + [2] + Array(15..<count) },
            { count in
                var order = Array(0..<count)
                order.swapAt(4, count - 4)
                return order
            },
            { count in (0..<count).reversed() },
        ]
        var originals: [[Data]] = []
        for (scan, damage) in zip(listed.scans, damages) {
            let paths = scan.files.map { "\(folder.path)/\($0)" }
            let slices = try paths.map { try Data(contentsOf: URL(filePath: $0)) }
            originals.append(slices)
            for (path, slice) in zip(paths, damage(slices.count)) {
                try slices[slice].write(to: URL(filePath: path))
            }
        }

        let check = DataCheck(listed, records: DataSurvey.records(of: listed))
        let cleaned = folder.file("cleaned")
        let (summary, _) = try CleanedSet.write(
            FixList(check), from: "fixes.csv", to: listed, in: cleaned, transfer: .link)
        #expect(summary.reordered == damages.count)
        #expect(summary.discarded == 0 && summary.removedSlices == 0)
        data.root = cleaned
        data.table = cleaned + "/labels.csv"
        let mended = try ListedScans.read(data, folder: "")
        for (index, slices) in originals.enumerated() {
            let found = try mended.scans[index].files.map {
                try Data(contentsOf: URL(filePath: "\(cleaned)/\($0)"))
            }
            #expect(found == slices, "scan \(index)")
        }
    }
}
