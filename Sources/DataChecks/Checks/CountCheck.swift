package import CTData

/// Counts classes, and finds those that are too small.
package enum CountCheck {
    /// Patients, scans and slices of one list.
    package struct ListCounts: Codable, Hashable, Sendable {
        /// The list.
        package let list: String
        /// Its counts, in the form of the paper's Table 2.
        package let statistics: ManifestStatistics
    }

    /// Fewer patients than this in a class of a list are remarked on.
    package static let fewPatients = 10

    /// The counts of every list.
    package static func counts(_ listed: ListedScans) -> [ListCounts] {
        listed.splits.map { split in
            ListCounts(
                list: split,
                statistics: ManifestStatistics(
                    listed.scans.filter { $0.split == split },
                    emptyPatients: listed.emptyPatients[split] ?? []))
        }
    }

    /// Remarks on classes with few patients.
    package static func findings(_ counts: [ListCounts], classes: [String]) -> [Finding] {
        counts.flatMap { count in
            classes.indices.compactMap { index in
                let found = count.statistics.classes.first { $0.classIndex == index }
                let patients = found?.patients ?? 0
                guard patients < fewPatients else { return nil }
                return Finding(
                    .fewPatients, severity: .remark, split: count.list, others: [classes[index]],
                    "\(patients) \(patients == 1 ? "patient" : "patients") of \(classes[index])")
            }
        }
    }
}
