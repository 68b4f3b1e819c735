import DataChecks
import RunConfiguration
import TestSupport
import Testing

@Suite(
    "Checks of the published lists",
    .enabled(if: SharedData.folder != nil, "\(SharedData.skipped)"))
struct PublishedListTests {
    private func check(
        train: String, test: String, classes: [String: Int], positive: String
    ) throws -> DataCheck {
        var data = DataConfiguration()
        data.format = .paperJSON
        data.classes = classes
        data.positive = positive
        data.train = train
        data.test = test
        let listed = try ListedScans.read(
            data, folder: (SharedData.folder ?? "") + "/manifests", readsFiles: false)
        return DataCheck(listed, records: [])
    }

    /// Rounded to three digits, as the figures are quoted.
    private func sliceCountArea(_ check: DataCheck, of name: String) -> Double? {
        check.leaks.first { $0.list == "test" && $0.className == name }
            .map { ($0.areaOfLower * 1000).rounded() / 1000 }
    }

    @Test("of COVID-CTset find that slice count alone tells the classes, AUC 0.967")
    func covidCTset() throws {
        let check = try check(
            train: "covid_ctset/train_balance.json", test: "covid_ctset/test_balance.json",
            classes: ["normal": 0, "covid": 1], positive: "covid")
        #expect(sliceCountArea(check, of: "covid") == 0.967)
        let leak = check.findings.first { $0.kind == .labelLeak && $0.split == "test" }
        #expect(leak?.severity == .problem)
        #expect(!check.findings.contains { $0.kind == .sharedPatient })
    }

    @Test("of MosMedData as PNG find AUC 0.641")
    func mosMed() throws {
        let check = try check(
            train: "mosmed/nii_png_train.json", test: "mosmed/nii_png_test.json",
            classes: ["CT-0": 0, "CT-1": 1, "CT-2": 1, "CT-3": 1, "CT-4": 1], positive: "CT-1")
        #expect(sliceCountArea(check, of: "CT-1+CT-2+CT-3+CT-4") == 0.641)
    }

    @Test("of Clean-CC-CCII find AUC 0.474")
    func cleanCCCCII() throws {
        let check = try check(
            train: "ccccii/ct_test.json", test: "ccccii/ct_test.json",
            classes: ["CP": 0, "NCP": 1, "Normal": 2], positive: "NCP")
        #expect(sliceCountArea(check, of: "NCP") == 0.474)
        #expect(!check.findings.contains { $0.kind == .labelLeak && $0.severity == .problem })
    }

    @Test("of COVID-CTset's first fold find 206 patients and 909 files in validation and test")
    func fold() throws {
        let check = try check(
            train: "covid_ctset/validation1.json", test: "covid_ctset/test1.json",
            classes: ["normal": 0, "covid": 1], positive: "covid")
        #expect(check.findings.count { $0.kind == .sharedPatient } == 206)
        #expect(check.sharedFiles.map(\.count) == [909])
    }
}
