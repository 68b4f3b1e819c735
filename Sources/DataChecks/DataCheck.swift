import CTData

/// Everything that a check says about a run's scans.
package struct DataCheck: Sendable {
    /// The scans.
    package let listed: ListedScans
    /// What was kept of each scan; empty when only lists were checked.
    package let records: [ScanRecord]
    /// What was found, problems first.
    package let findings: [Finding]
    /// How well each feature without anatomy tells classes apart.
    package let leaks: [FeatureLeak]
    /// Patients, scans and slices.
    package let counts: [CountCheck.ListCounts]
    /// Files that stand in two lists.
    package let sharedFiles: [(lists: String, count: Int)]

    /// Checks lists, and scans that were surveyed.
    ///
    /// - Parameters:
    ///   - listed: The scans.
    ///   - records: What ``DataSurvey`` gave; empty to check the lists alone.
    package init(_ listed: ListedScans, records: [ScanRecord]) {
        self.listed = listed
        leaks =
            records.isEmpty
            ? LeakCheck.listed(listed) : LeakCheck.leaks(listed, records: records)
        counts = CountCheck.counts(listed)
        sharedFiles = SplitCheck.sharedFiles(listed)
        var surveyed = records
        let segmentation = SegmentationCheck.findings(records)
        for finding in segmentation {
            guard let position = finding.position else { continue }
            surveyed[position].findings.removeAll { Finding.Kind.ofLikeness.contains($0.kind) }
            surveyed[position].findings.append(finding)
        }
        for finding in DirectionCheck.findings(surveyed) {
            guard let position = finding.position else { continue }
            // A scan in disorder has one finding and the order that the slices say.
            surveyed[position].findings.removeAll { $0.kind == .disorderedSlices }
            surveyed[position].findings.append(finding)
        }
        self.records = surveyed
        var findings = surveyed.flatMap(\.findings)
        findings += CopyCheck.findings(records, isTest: listed.isTest)
        findings += TypeCheck.findings(records)
        findings += SplitCheck.findings(listed)
        findings += LabelCheck.findings(listed)
        findings += LeakCheck.findings(leaks)
        findings += CountCheck.findings(counts, classes: listed.classNames)
        let kinds = Finding.Kind.allCases
        func rank(_ finding: Finding) -> (Int, Int, Int, Int) {
            (
                finding.severity == .problem ? 0 : 1, kinds.firstIndex(of: finding.kind) ?? 0,
                finding.position ?? -1, finding.slices.first ?? -1
            )
        }
        self.findings = findings.sorted { rank($0) < rank($1) }
    }

    /// Findings of each kind that was found.
    package var kinds: [(kind: Finding.Kind, findings: [Finding])] {
        Finding.Kind.allCases.compactMap { kind in
            let own = findings.filter { $0.kind == kind }
            return own.isEmpty ? nil : (kind, own)
        }
    }
}
