import CTData

/// Finds scans whose lungs are cut out in a set where most are not, or the other way round.
enum SegmentationCheck {
    static func findings(_ records: [ScanRecord]) -> [Finding] {
        let known = records.filter { $0.isSegmented != nil }
        let segmented = known.filter { $0.isSegmented == true }.count
        guard segmented > 0, segmented < known.count else { return [] }
        let mostAre = 2 * segmented > known.count
        return known.filter { $0.isSegmented != mostAre }.map { record in
            Finding(
                .segmentationDiffers, scan: record.reference.id, position: record.position,
                split: record.reference.split,
                mostAre
                    ? "the lungs are not cut out, as they are in most scans"
                    : "the lungs are cut out, which they are not in most scans")
        }
    }
}
