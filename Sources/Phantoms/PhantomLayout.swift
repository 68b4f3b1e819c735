/// The three published data sets whose folders and files are imitated.
package enum PhantomLayout: String, CaseIterable, Sendable {
    /// Clean-CC-CCII: class/patient/scan/NNNN.png, 8-bit lung window; CP, NCP, Normal.
    case cleanCCCCII = "clean-cc-ccii"
    /// MosMedData: class/study_NNNN.nii.gz; CT-0 without and CT-1 to CT-4 with growing opacities.
    case mosMedData = "mosmed"
    /// COVID-CTset: class/patientN/SR_n/IMNNNNN.tif, 16 bits, HU + 1024; covid, normal.
    case covidCTset = "covid-ctset"

    /// The label map for run files.
    package var classes: [String: Int] {
        switch self {
        case .cleanCCCCII: ["CP": 0, "NCP": 1, "Normal": 2]
        case .mosMedData: ["CT-0": 0, "CT-1": 1, "CT-2": 1, "CT-3": 1, "CT-4": 1]
        case .covidCTset: ["normal": 0, "covid": 1]
        }
    }

    /// The positive class's label.
    package var positive: String {
        switch self {
        case .cleanCCCCII: "NCP"
        case .mosMedData: "CT-1"
        case .covidCTset: "covid"
        }
    }

    /// What a patient has: the label and the finding.
    ///
    /// - Parameters:
    ///   - classIndex: The class.
    ///   - draw: A number in 0..<1 that decides the severity.
    /// - Returns: The label and what the scan shows.
    func finding(classIndex: Int, draw: Double) -> (label: String, finding: PhantomFinding) {
        switch (self, classIndex) {
        case (.cleanCCCCII, 0): return ("CP", .consolidation)
        case (.cleanCCCCII, 1): return ("NCP", .groundGlass(extent: 0.15 + 0.6 * draw))
        case (.cleanCCCCII, _): return ("Normal", .normal)
        case (.mosMedData, 0): return ("CT-0", .normal)
        case (.mosMedData, _):
            // Mostly mild, as in the original.
            let grade = draw < 0.55 ? 1 : draw < 0.8 ? 2 : draw < 0.95 ? 3 : 4
            return ("CT-\(grade)", .groundGlass(extent: 0.25 * Double(grade) - 0.05))
        case (.covidCTset, 0): return ("normal", .normal)
        case (.covidCTset, _): return ("covid", .groundGlass(extent: 0.15 + 0.6 * draw))
        }
    }

    /// The scans of a patient.
    func scanCount(draw: Double) -> Int {
        switch self {
        case .cleanCCCCII: draw < 0.55 ? 1 : draw < 0.85 ? 2 : 3
        case .mosMedData: 1
        case .covidCTset: draw < 0.7 ? 1 : 2
        }
    }
}
