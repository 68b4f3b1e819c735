import CTData

/// Finds patients that are in two lists.
package enum SplitCheck {
    /// One finding per patient that is in two lists or more.
    package static func findings(_ listed: ListedScans) -> [Finding] {
        var places: [String: [Int]] = [:]
        for (position, scan) in listed.scans.enumerated() {
            places[scan.patient, default: []].append(position)
        }
        var findings: [Finding] = []
        for (patient, positions) in places.sorted(by: { $0.key < $1.key }) {
            let splits = Set(positions.map { listed.scans[$0].split }).sorted()
            guard splits.count > 1 else { continue }
            let counts = splits.map { split in
                "\(positions.count { listed.scans[$0].split == split }) scans in "
                    + (split.isEmpty ? "''" : split)
            }
            findings.append(
                Finding(
                    .sharedPatient, scan: patient, position: positions[0],
                    others: positions.map { listed.scans[$0].id },
                    counts.joined(separator: ", ")))
        }
        return findings
    }

    /// Files that stand in two lists, per pair of lists.
    package static func sharedFiles(_ listed: ListedScans) -> [(lists: String, count: Int)] {
        let splits = listed.splits
        var counts: [(lists: String, count: Int)] = []
        for (index, first) in splits.enumerated() {
            for second in splits.dropFirst(index + 1) {
                let shared = PatientSplit.sharedFiles(
                    listed.scans.filter { $0.split == first },
                    listed.scans.filter { $0.split == second })
                if !shared.isEmpty { counts.append(("\(first) and \(second)", shared.count)) }
            }
        }
        return counts
    }
}
