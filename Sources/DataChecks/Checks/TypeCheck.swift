import CTData

/// Finds scans that are stored unlike most: another sample type, volumes without orientation.
enum TypeCheck {
    static func findings(_ records: [ScanRecord]) -> [Finding] {
        var findings: [Finding] = []
        var counts: [String: Int] = [:]
        for record in records where !record.sample.isEmpty {
            counts[record.sample, default: 0] += 1
        }
        let usual = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? ""
        for record in records where !record.sample.isEmpty && record.sample != usual {
            findings.append(
                Finding(
                    .unusualType, severity: .remark, scan: record.reference.id,
                    position: record.position, split: record.reference.split,
                    "stored as \(record.sample), most scans are \(usual)"))
        }
        for record in records where record.isVolume && record.sliceCount > 0 && !record.isOriented {
            findings.append(
                Finding(
                    .unknownOrientation, severity: .remark, scan: record.reference.id,
                    position: record.position, split: record.reference.split,
                    "the file does not say how it lies in the patient"))
        }
        return findings
    }
}
