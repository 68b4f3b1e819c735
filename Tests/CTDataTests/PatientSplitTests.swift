import CTData
import Testing

@Suite("A split by patient")
struct PatientSplitTests {
    /// 30 patients of class 0 and 12 of class 1, with one to three scans each.
    static let scans: [ScanReference] = (0..<42).flatMap { patient in
        (0...(patient % 3)).map { scan in
            ScanReference(
                id: "\(patient)/\(scan)", patient: "p\(patient)", label: patient < 30 ? "a" : "b",
                classIndex: patient < 30 ? 0 : 1, files: ["x"], split: "train", origin: "test")
        }
    }

    private func patients(_ indices: [Int], classIndex: Int? = nil) -> Set<String> {
        Set(
            indices.map { Self.scans[$0] }.filter {
                classIndex == nil || $0.classIndex == classIndex
            }.map(\.patient))
    }

    @Test("keeps patients whole and the classes' shares", arguments: [0.5, 0.8])
    func halves(share: Double) throws {
        let halves = try PatientSplit.halves(Self.scans, share: share, seed: 1, name: "weights")
        #expect((halves.first + halves.second).sorted() == Array(Self.scans.indices))
        #expect(patients(halves.first).isDisjoint(with: patients(halves.second)))
        #expect(patients(halves.first, classIndex: 0).count == Int((30 * share).rounded()))
        #expect(patients(halves.first, classIndex: 1).count == Int((12 * share).rounded()))
    }

    @Test("depends on the seed and the name, not on the order of the list")
    func keyed() throws {
        let reversed = Array(Self.scans.reversed())
        func first(_ scans: [ScanReference], _ seed: UInt64, _ name: String) throws -> Set<String> {
            let halves = try PatientSplit.halves(scans, share: 0.5, seed: seed, name: name)
            return Set(halves.first.map { scans[$0].patient })
        }
        let base = try first(Self.scans, 1, "weights")
        #expect(try first(reversed, 1, "weights") == base)
        #expect(try first(Self.scans, 2, "weights") != base)
        #expect(try first(Self.scans, 1, "validation") != base)
    }

    @Test("into folds holds every scan out once, in even numbers", arguments: [2, 3, 5])
    func folds(count: Int) throws {
        let folds = try PatientSplit.folds(Self.scans, count: count, seed: 3)
        #expect(folds.flatMap { $0 }.sorted() == Array(Self.scans.indices))
        for (index, fold) in folds.enumerated() {
            for other in folds[(index + 1)...] {
                #expect(patients(fold).isDisjoint(with: patients(other)))
            }
        }
        for classIndex in 0...1 {
            let sizes = folds.map { $0.filter { Self.scans[$0].classIndex == classIndex }.count }
            #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 2, "\(sizes)")
        }
    }

    @Test("of too few patients is refused with the class")
    func tooFew() throws {
        let few = Self.scans.filter { $0.classIndex == 0 || $0.patient == "p41" }
        let error = try #require(throws: ManifestError.self) {
            try PatientSplit.halves(few, share: 0.5, seed: 1, name: "weights")
        }
        #expect("\(error)".contains("'b'"))
        #expect(throws: ManifestError.self) { try PatientSplit.folds(few, count: 3, seed: 1) }
    }
}
