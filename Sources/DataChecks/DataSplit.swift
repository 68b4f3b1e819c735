package import CTData
internal import Foundation
import ImageCodecs
package import RunConfiguration

/// Scans divided by patient, so that no patient is in two lists.
package struct DataSplit: Sendable {
    /// One part.
    package struct List: Hashable, Sendable {
        /// `train`, `validation`, `test`, or `fold-0`, `fold-1`, ….
        package let name: String
        /// Its scans.
        package let scans: [ScanReference]
    }

    /// The parts.
    package let lists: [List]

    /// Divides scans.
    ///
    /// - Parameters:
    ///   - scans: The scans; a scan that two lists name counts once.
    ///   - test: The share of each class's patients in `test`.
    ///   - validation: The share of the other patients in `validation`.
    ///   - folds: Instead of these, the number of folds.
    ///   - seed: The seed.
    /// - Throws: `ManifestError` when a class has too few patients.
    package init(
        _ scans: [ScanReference], test: Double?, validation: Double? = nil, folds: Int? = nil,
        seed: UInt64
    ) throws(ManifestError) {
        var seen: Set<String> = []
        let scans = scans.filter { seen.insert($0.id).inserted }
        func pick(_ indices: [Int], of list: [ScanReference]) -> [ScanReference] {
            indices.map { list[$0] }
        }
        if let folds {
            lists = try PatientSplit.folds(scans, count: folds, seed: seed, name: "data split")
                .enumerated().map {
                    List(name: "fold-\($0.offset)", scans: pick($0.element, of: scans))
                }
            return
        }
        let halves = try PatientSplit.halves(
            scans, share: test ?? 0.3, seed: seed, name: "data split")
        let held = List(name: "test", scans: pick(halves.first, of: scans))
        let rest = pick(halves.second, of: scans)
        guard let validation else {
            lists = [List(name: "train", scans: rest), held]
            return
        }
        let inner = try PatientSplit.halves(
            rest, share: validation, seed: seed, name: "data split validation")
        lists = [
            List(name: "train", scans: pick(inner.second, of: rest)),
            List(name: "validation", scans: pick(inner.first, of: rest)), held,
        ]
    }

    /// Writes the lists in the form of the run's own.
    ///
    /// - Parameters:
    ///   - data: The form.
    ///   - output: The table, or the folder of the JSON lists; for folds these are
    ///     `fold-0-train.json`, `fold-0-test.json`, ….
    /// - Returns: The files.
    /// - Throws: `ImageCodecError/unwritable`.
    package func write(like data: DataConfiguration, to output: String) throws -> [String] {
        let named = lists.flatMap { list in
            list.scans.map { scan in
                ScanReference(
                    id: scan.id, patient: scan.patient, label: scan.label,
                    classIndex: scan.classIndex, files: scan.files, split: list.name,
                    origin: scan.origin)
            }
        }
        switch data.format {
        case .table, .folders:
            try FileBytes.write(Array(ManifestWriter.table(named).utf8), to: output)
            return [output]
        case .paperJSON:
            guard lists.contains(where: { $0.name.hasPrefix("fold-") }) else {
                return try ManifestWriter.write(
                    named, like: data, splits: lists.map(\.name), to: output
                ).map { "\(output)/\($0)" }
            }
            var files: [String] = []
            for held in lists {
                let parts = named.map { scan in
                    ScanReference(
                        id: scan.id, patient: scan.patient, label: scan.label,
                        classIndex: scan.classIndex, files: scan.files,
                        split: scan.split == held.name ? "\(held.name)-test" : "\(held.name)-train",
                        origin: scan.origin)
                }
                files += try ManifestWriter.write(
                    parts, like: data, splits: ["\(held.name)-train", "\(held.name)-test"],
                    to: output)
            }
            return files.map { "\(output)/\($0)" }
        }
    }
}
