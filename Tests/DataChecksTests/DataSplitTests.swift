import CTData
import DataChecks
import RunConfiguration
import Testing

@Suite("A split of the data")
struct DataSplitTests {
    private static let scans = (0..<60).map { index in
        ScanReference(
            id: "scan\(index)", patient: "p\(index / 2)", label: index % 6 < 2 ? "ill" : "well",
            classIndex: index % 6 < 2 ? 1 : 0, files: ["scan\(index).nii.gz"], split: "old",
            origin: "test")
    }

    @Test("has no patient in two lists and every scan in one")
    func disjoint() throws {
        let split = try DataSplit(Self.scans, test: 0.3, validation: 0.25, seed: 4)
        #expect(split.lists.map(\.name) == ["train", "validation", "test"])
        let patients = split.lists.map { Set($0.scans.map(\.patient)) }
        #expect(patients.reduce(0) { $0 + $1.count } == 30)
        #expect(Set(split.lists.flatMap(\.scans).map(\.id)).count == 60)
        #expect(split.lists.allSatisfy { Set($0.scans.map(\.classIndex)) == [0, 1] })
    }

    @Test("is a function of the seed and not of the order")
    func seeded() throws {
        func names(_ scans: [ScanReference], _ seed: UInt64) throws -> [Set<String>] {
            try DataSplit(scans, test: 0.3, seed: seed).lists.map { Set($0.scans.map(\.id)) }
        }
        #expect(try names(Self.scans, 4) == names(Self.scans.reversed(), 4))
        #expect(try names(Self.scans, 4) != names(Self.scans, 5))
    }

    @Test("into folds holds out every scan once")
    func folds() throws {
        let split = try DataSplit(Self.scans, test: nil, folds: 5, seed: 1)
        #expect(split.lists.map(\.scans.count) == [12, 12, 12, 12, 12])
        #expect(Set(split.lists.flatMap(\.scans).map(\.id)).count == 60)
    }
}
