internal import FoundationEssentials
import ImageCodecs

extension Manifest {
    /// Reads a manifest of the paper: class → patient → scan → slice files.
    ///
    /// The order of a scan's slices is anatomical and kept. A slice is `class/patient/scan/slice`
    /// below the root; when the first slice ends like NIfTI, the scan is the one file
    /// `class/slice`. Classes and patients may be empty.
    ///
    /// - Parameters:
    ///   - file: The JSON file.
    ///   - root: The folder of the classes.
    ///   - classes: The class index of every label in the file.
    ///   - split: What the scans' `split` shall say, such as `train`.
    ///   - missing: What is done about files that do not exist.
    /// - Returns: The scans in the order of class, patient and scan.
    /// - Throws: ``ManifestError`` naming the file and the keys.
    package static func read(
        paperJSON file: String, root: String, classes: [String: Int], split: String,
        missing: MissingFiles = .refuse
    ) throws(ManifestError) -> Manifest {
        let labels = try LabelMap(classes)
        var manifest = Manifest(root: root, scans: [])
        let content = try decode(file)
        for (label, patients) in content.sorted(by: { $0.key < $1.key }) {
            let key = "\(file): \(label)"
            let (name, index) = try labels.resolve(label, origin: key)
            for (patient, scans) in patients.sorted(by: { $0.key < $1.key }) {
                if scans.isEmpty {
                    manifest.emptyPatients.append(
                        EmptyPatient(patient: patient, label: name, classIndex: index))
                }
                for (scan, slices) in scans.sorted(by: { $0.key < $1.key }) {
                    let origin = "\(key)/\(patient)/\(scan)"
                    guard let first = slices.first else {
                        throw .wrongStructure(
                            file: file, key: "\(label)/\(patient)/\(scan)",
                            expected: "a list of at least one slice file")
                    }
                    let files =
                        NIfTIReader.reads(first)
                        ? ["\(label)/\(first)"]
                        : slices.map { "\(label)/\(patient)/\(scan)/\($0)" }
                    guard try manifest.checkFiles(files, origin: origin, missing: missing) else {
                        continue
                    }
                    manifest.scans.append(
                        ScanReference(
                            id: "\(label)/\(patient)/\(scan)", patient: patient, label: name,
                            classIndex: index, files: files, split: split, origin: origin))
                }
            }
        }
        return manifest
    }

    private static func decode(
        _ file: String
    ) throws(ManifestError) -> [String: [String: [String: [String]]]] {
        let bytes = try text(of: file)
        do {
            return try JSONDecoder().decode(
                [String: [String: [String: [String]]]].self, from: Data(bytes))
        } catch DecodingError.typeMismatch(_, let context) {
            throw structureError(context, file: file)
        } catch DecodingError.valueNotFound(_, let context) {
            throw structureError(context, file: file)
        } catch {
            throw .malformed(file: file, line: 1, reason: "not JSON: \(error)")
        }
    }

    private static func structureError(
        _ context: DecodingError.Context, file: String
    ) -> ManifestError {
        let levels = [
            "an object of classes", "an object of patients", "an object of scans",
            "a list of slice files", "a file name",
        ]
        return .wrongStructure(
            file: file, key: context.codingPath.map(\.stringValue).joined(separator: "/"),
            expected: levels[min(context.codingPath.count, levels.count - 1)])
    }
}
