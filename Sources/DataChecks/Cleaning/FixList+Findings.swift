import CTData

extension FixList {
    /// What the findings of a check ask for; somebody should read it before it is applied.
    ///
    /// Slices that are damaged, of another type or size, repeated, nearly repeated or noisy go;
    /// disorder is mended; scans of another plane, of other segmentation, copies and unreadable ones
    /// go; a name that contradicts the label gives the label. A patient in two lists goes where most
    /// of the scans are, and to the test list when they are equally many.
    package init(_ check: DataCheck) {
        var fixes: [Int: Fix] = [:]
        func change(_ position: Int, _ finding: Finding, _ change: (inout Fix) -> Void) {
            var fix = fixes[position] ?? Fix(of: check.listed.scans[position])
            change(&fix)
            let reason = finding.kind.rawValue
            if !fix.reason.split(separator: " ").contains(reason[...]) {
                fix.reason += fix.reason.isEmpty ? reason : " " + reason
            }
            fixes[position] = fix
        }
        var gone: [Int: [Int]] = [:]
        for finding in check.findings where finding.severity == .problem {
            guard let position = finding.position else { continue }
            switch finding.kind {
            case .missingFile, .damagedFile, .mixedType, .mixedSize, .repeatedSlice,
                .nearRepeatedSlice, .noisySlice:
                gone[position, default: []] += finding.slices
                change(position, finding) { _ in }
            case .disorderedSlices:
                let record = check.records[position]
                let isReversed = finding.others == ["reverse"]
                change(position, finding) { fix in
                    fix.reordering =
                        record.order.map { order in
                            .spans(Self.spans(isReversed ? order.reversed() : order, of: record))
                        } ?? .reverse
                }
            case .wrongPlane, .segmentationDiffers, .sharedVoxels:
                change(position, finding) { $0.isDiscarded = true }
            case .labelContradictsName:
                guard let label = finding.others.first, finding.others.count == 1 else { break }
                change(position, finding) { $0.newLabel = label }
            case .sharedPatient: break
            case .blankSlice, .unknownOrientation, .unusualType, .labelLeak, .fewPatients: break
            }
        }
        for (position, slices) in gone {
            let scan = check.listed.scans[position]
            let record = check.records[position]
            let count = record.digests.count
            guard count > slices.count else {
                fixes[position]?.isDiscarded = true
                continue
            }
            // Slices of a volume have no names, and DICOM files lie in any order.
            let numbers = SliceNumbers(files: record.isVolume ? [] : scan.files, count: count)
            fixes[position]?.removed = numbers.spans(of: slices.sorted())
        }
        for finding in check.findings where finding.kind == .sharedPatient {
            for position in Self.moves(finding, check.listed, fixes) {
                change(position.scan, finding) { $0.newSplit = position.split }
            }
        }
        self.init(fixes.sorted { $0.key < $1.key }.map(\.value))
    }

    private static func spans(_ order: [Int], of record: ScanRecord) -> [Span] {
        let numbers = SliceNumbers(
            files: record.isVolume ? [] : record.reference.files, count: record.digests.count)
        // Slices that are to go stay in the order, so that a person may keep one after all.
        var places = order
        let present = Set(order)
        for place in record.digests.indices where !present.contains(place) {
            let before = places.firstIndex { $0 == place - 1 }
            places.insert(place, at: before.map { $0 + 1 } ?? 0)
        }
        return numbers.spans(of: places)
    }

    private static func moves(
        _ finding: Finding, _ listed: ListedScans, _ fixes: [Int: Fix]
    ) -> [(scan: Int, split: String)] {
        let own = listed.scans.indices.filter { position in
            listed.scans[position].patient == finding.scan
                && fixes[position]?.isDiscarded != true
        }
        var counts: [String: Int] = [:]
        for position in own { counts[listed.scans[position].split, default: 0] += 1 }
        let target = counts.max {
            ($0.value, listed.isTest($0.key) ? 1 : 0, $0.key)
                < ($1.value, listed.isTest($1.key) ? 1 : 0, $1.key)
        }?.key
        guard let target, counts.count > 1 else { return [] }
        return own.filter { listed.scans[$0].split != target }.map { ($0, target) }
    }
}

extension FixList.Fix {
    /// A fix that does nothing to a scan yet.
    init(of scan: ScanReference) {
        self.init()
        self.scan = scan.id
        label = scan.label
        patient = scan.patient
        name = scan.id.split(separator: "/").last.map(String.init) ?? scan.id
        list = scan.split
    }
}
