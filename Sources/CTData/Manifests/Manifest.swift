internal import FoundationEssentials
import ImageCodecs

/// A list of labelled scans below one folder.
package struct Manifest: Hashable, Sendable {
    /// What is done about files that do not exist.
    package enum MissingFiles: Hashable, Sendable {
        /// They are an error.
        case refuse
        /// Their scans are left out with a warning.
        case leaveOut
        /// Nobody looks; for statistics of a manifest without its files.
        case ignore
    }

    /// A patient that a manifest lists without any scan.
    package struct EmptyPatient: Hashable, Sendable {
        /// The patient.
        package let patient: String
        /// The label.
        package let label: String
        /// The label's class.
        package let classIndex: Int
    }

    /// The folder that file names are relative to.
    package let root: String
    /// The scans, in the order of class label, patient and scan, or of the table's lines.
    package var scans: [ScanReference]
    /// Patients without scans; they count in published tables.
    package var emptyPatients: [EmptyPatient]
    /// What was left out and why.
    package var warnings: [String]

    /// A manifest of the given scans.
    package init(
        root: String, scans: [ScanReference], emptyPatients: [EmptyPatient] = [],
        warnings: [String] = []
    ) {
        self.root = root
        self.scans = scans
        self.emptyPatients = emptyPatients
        self.warnings = warnings
    }

    /// Where a scan's file is.
    package func path(of file: String) -> String {
        root.isEmpty ? file : root + "/" + file
    }
}

extension Manifest {
    /// Whether a relative name stays below its folder.
    static func isContained(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix("/") && !name.utf8.contains(0) && !name.contains("\\")
            && name.split(separator: "/", omittingEmptySubsequences: false)
                .allSatisfy { !$0.isEmpty && $0 != ".." && $0 != "." }
    }

    /// Applies the rule for missing files to one scan.
    ///
    /// - Returns: Whether the scan stays.
    mutating func checkFiles(
        _ files: [String], origin: String, missing: MissingFiles
    ) throws(ManifestError) -> Bool {
        for file in files where !Self.isContained(file) {
            throw .outsideRoot(origin: origin, file: file)
        }
        guard missing != .ignore else { return true }
        for file in files where !FileManager.default.fileExists(atPath: path(of: file)) {
            guard missing == .leaveOut else {
                throw .missingFile(origin: origin, file: file, root: root)
            }
            warnings.append("\(origin): left out, no file '\(file)'")
            return false
        }
        return true
    }

    static func text(of file: String) throws(ManifestError) -> [UInt8] {
        do {
            return try FileBytes.read(file, limit: 256 << 20)
        } catch {
            throw .unreadable(file: file, reason: "\(error)")
        }
    }
}
