import CTData
import Foundation
import TestSupport
import Testing

@Suite("The paper's manifests", .enabled(if: SharedData.folder != nil, "\(SharedData.skipped)"))
struct PublishedManifestTests {
    static let mosMed = ["CT-0": 0, "CT-1": 1, "CT-2": 1, "CT-3": 1, "CT-4": 1]
    static let covidCTset = ["normal": 0, "covid": 1]
    static let cleanCCCCII = ["CP": 0, "NCP": 1, "Normal": 2]

    private func read(_ file: String, _ classes: [String: Int]) throws -> Manifest {
        try Manifest.read(
            paperJSON: "\(SharedData.folder ?? "")/manifests/\(file)", root: "", classes: classes,
            split: "", missing: .ignore)
    }

    struct Row: CustomTestStringConvertible {
        let file: String
        let classes: [String: Int]
        let patients: [Int]
        let scans: [Int]
        var testDescription: String { file }
    }

    /// Table 2 of the paper.
    static let table2 = [
        Row(
            file: "ccccii/ct_test.json", classes: cleanCCCCII, patients: [186, 190, 158],
            scans: [303, 302, 193]),
        Row(
            file: "mosmed/nii_png_train.json", classes: mosMed, patients: [178, 601],
            scans: [178, 601]),
        Row(
            file: "mosmed/nii_png_test.json", classes: mosMed, patients: [76, 255],
            scans: [76, 255]),
        Row(
            file: "mosmed/nii_train.json", classes: mosMed, patients: [178, 601], scans: [178, 601]),
        Row(file: "mosmed/nii_test.json", classes: mosMed, patients: [76, 255], scans: [76, 255]),
        Row(
            file: "covid_ctset/train_balance.json", classes: covidCTset, patients: [200, 80],
            scans: [200, 202]),
        Row(
            file: "covid_ctset/test_balance.json", classes: covidCTset, patients: [82, 15],
            scans: [82, 42]),
    ]

    @Test("have the patients and scans of its Table 2", arguments: table2)
    func counts(row: Row) throws {
        let statistics = ManifestStatistics(try read(row.file, row.classes))
        #expect(statistics.classes.map(\.patients) == row.patients)
        #expect(statistics.classes.map(\.scans) == row.scans)
    }

    @Test("of Clean-CC-CCII have the known slices")
    func slices() throws {
        let statistics = ManifestStatistics(try read("ccccii/ct_test.json", Self.cleanCCCCII))
        #expect(statistics.classes.map(\.slices) == [28_160, 25_442, 14_471])
        #expect(statistics.fewestSlices == 9)
        #expect(statistics.mostSlices == 457)
        #expect(statistics.patients == 534 && statistics.scans == 798)
    }

    @Test("of COVID-CTset share patients and slices between validation and test of a fold")
    func leak() throws {
        let validation = try read("covid_ctset/validation1.json", Self.covidCTset).scans
        let test = try read("covid_ctset/test1.json", Self.covidCTset).scans
        #expect(PatientSplit.sharedPatients(validation, test).count == 206)
        #expect(PatientSplit.sharedFiles(validation, test).count == 909)
        let train = try read("covid_ctset/train_balance.json", Self.covidCTset).scans
        let held = try read("covid_ctset/test_balance.json", Self.covidCTset).scans
        #expect(PatientSplit.sharedPatients(train, held).isEmpty)
    }

    @Test("of COVID-CTset tell the class by the number of slices alone")
    func sliceCountLeak() throws {
        let scans = try read("covid_ctset/test_balance.json", Self.covidCTset).scans
        let area = rankArea(scans.map { (Double(-$0.files.count), $0.classIndex == 1) })
        #expect(abs(area - 0.9672) < 5e-5)
    }
}

/// The area under the ROC curve: how often a positive ranks above a negative, ties half.
func rankArea(_ values: [(value: Double, isPositive: Bool)]) -> Double {
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
