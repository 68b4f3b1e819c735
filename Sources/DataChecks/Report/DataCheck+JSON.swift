internal import Foundation

extension DataCheck {
    private struct Document: Encodable {
        struct SharedFiles: Encodable {
            let lists: String
            let count: Int
        }

        let format = "voxelnas-data-check-1"
        let scans: Int
        let surveyed: Int
        let problems: Int
        let findings: [Finding]
        let leaks: [FeatureLeak]
        let counts: [CountCheck.ListCounts]
        let sharedPatients: Int
        let sharedFiles: [SharedFiles]
    }

    /// The check as JSON with sorted keys; `format` is `voxelnas-data-check-1`.
    package var json: String {
        let document = Document(
            scans: listed.scans.count, surveyed: records.count,
            problems: findings.count { $0.severity == .problem }, findings: findings, leaks: leaks,
            counts: counts, sharedPatients: findings.count { $0.kind == .sharedPatient },
            sharedFiles: sharedFiles.map { .init(lists: $0.lists, count: $0.count) })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // Numbers are finite and keys are text, so nothing can fail.
        return (try? encoder.encode(document)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}
