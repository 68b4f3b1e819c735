/// How many patients, scans and slices each class of a list has: the form of the paper's Table 2.
package struct ManifestStatistics: Hashable, Codable, Sendable {
    /// One class.
    package struct ClassCount: Hashable, Codable, Sendable {
        /// The class.
        package let classIndex: Int
        /// Its labels in the list, joined by plus signs.
        package let name: String
        /// Patients, with those that the manifest lists without scans.
        package let patients: Int
        /// Scans.
        package let scans: Int
        /// Files of slices; a NIfTI scan counts as one.
        package let slices: Int
    }

    /// Distinct patients, who may have scans of several classes.
    package let patients: Int
    /// The classes by index.
    package let classes: [ClassCount]
    /// The fewest slices of a scan.
    package let fewestSlices: Int
    /// The most slices of a scan.
    package let mostSlices: Int

    /// Counts a list.
    package init(_ scans: [ScanReference], emptyPatients: [Manifest.EmptyPatient] = []) {
        var labels: [Int: Set<String>] = [:]
        var patients: [Int: Set<String>] = [:]
        var scanCounts: [Int: Int] = [:]
        var slices: [Int: Int] = [:]
        for scan in scans {
            labels[scan.classIndex, default: []].insert(scan.label)
            patients[scan.classIndex, default: []].insert(scan.patient)
            scanCounts[scan.classIndex, default: 0] += 1
            slices[scan.classIndex, default: 0] += scan.files.count
        }
        for patient in emptyPatients {
            labels[patient.classIndex, default: []].insert(patient.label)
            patients[patient.classIndex, default: []].insert(patient.patient)
        }
        classes = labels.keys.sorted().map { index in
            ClassCount(
                classIndex: index, name: (labels[index] ?? []).sorted().joined(separator: "+"),
                patients: patients[index]?.count ?? 0, scans: scanCounts[index] ?? 0,
                slices: slices[index] ?? 0)
        }
        self.patients = patients.values.reduce(into: Set<String>()) { $0.formUnion($1) }.count
        fewestSlices = scans.map(\.files.count).min() ?? 0
        mostSlices = scans.map(\.files.count).max() ?? 0
    }

    /// Counts a manifest with its patients without scans.
    package init(_ manifest: Manifest) {
        self.init(manifest.scans, emptyPatients: manifest.emptyPatients)
    }

    /// Scans over all classes.
    package var scans: Int { classes.reduce(0) { $0 + $1.scans } }
    /// Slices over all classes.
    package var slices: Int { classes.reduce(0) { $0 + $1.slices } }
}
