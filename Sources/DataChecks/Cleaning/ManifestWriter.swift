package import CTData
internal import Foundation
import ImageCodecs
package import RunConfiguration

/// Writes manifests in the form that the run's own have.
package enum ManifestWriter {
    /// Writes lists into a folder, whose files they name.
    ///
    /// - Parameters:
    ///   - scans: The scans; `split` is their list.
    ///   - data: The form: a table, or the paper's JSON, one file per list.
    ///   - splits: The lists.
    ///   - folder: The folder.
    /// - Returns: The names of the files: `labels.csv`, or one JSON per list.
    /// - Throws: `ImageCodecError/unwritable`.
    package static func write(
        _ scans: [ScanReference], like data: DataConfiguration, splits: [String], to folder: String
    ) throws -> [String] {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw ImageCodecError.unwritable(file: folder, reason: "\(error)")
        }
        switch data.format {
        case .table, .folders:
            try FileBytes.write(Array(table(scans).utf8), to: "\(folder)/labels.csv")
            return ["labels.csv"]
        case .paperJSON:
            var names: [String] = []
            for split in splits {
                let name = "\(split.isEmpty ? "scans" : split).json"
                let own = scans.filter { $0.split == split }
                try FileBytes.write(
                    Array(try paperJSON(own, labels: data.classes.keys.sorted())),
                    to: "\(folder)/\(name)")
                names.append(name)
            }
            return names
        }
    }

    /// The table of scans.
    package static func table(_ scans: [ScanReference]) -> String {
        var text = "file,label,patient_id,split\n"
        for scan in scans {
            text +=
                [scan.id, scan.label, scan.patient, scan.split].map(FixList.quoted)
                .joined(separator: ",") + "\n"
        }
        return text
    }

    private static func paperJSON(_ scans: [ScanReference], labels: [String]) throws -> Data {
        var classes: [String: [String: [String: [String]]]] = [:]
        for label in labels { classes[label] = [:] }
        for scan in scans {
            let name = scan.id.split(separator: "/").last.map(String.init) ?? scan.id
            classes[scan.label, default: [:]][scan.patient, default: [:]][name] = scan.files.map {
                $0.split(separator: "/").last.map(String.init) ?? $0
            }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(classes)
    }
}
