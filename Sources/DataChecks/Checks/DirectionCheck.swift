import CTData

/// Finds scans of pictures that run the other way than most: feet first instead of head first.
///
/// The difference of a scan's thumbnails and the same ones from last to first points one way for
/// one direction and the opposite way for the other. Scans are divided by the sign along the axis
/// that most of them share.
enum DirectionCheck {
    /// How much of a scan's difference must lie along the shared axis.
    static let leastCosine = 0.15

    static func findings(_ records: [ScanRecord]) -> [Finding] {
        let odd: Set<Finding.Kind> = [.wrongPlane, .segmentationDiffers]
        let usable = records.filter { record in
            !record.isVolume && !record.template.isEmpty
                && !record.findings.contains { odd.contains($0.kind) }
        }
        guard usable.count >= 8 else { return [] }
        let differences = usable.map { record -> [Float] in
            let forward = record.template.flatMap(centred)
            let backward = record.template.reversed().flatMap(centred)
            let difference = zip(forward, backward).map { $0 - $1 }
            let length = difference.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return length > 0 ? difference.map { $0 / length } : difference
        }
        // The shared axis: the mean of differences, each with the sign that fits the others.
        var signs = [Float](repeating: 1, count: differences.count)
        var axis: [Float] = []
        for _ in 0..<20 {
            axis = [Float](repeating: 0, count: differences[0].count)
            for (sign, difference) in zip(signs, differences) {
                for index in axis.indices { axis[index] += sign * difference[index] }
            }
            let length = axis.reduce(0) { $0 + $1 * $1 }.squareRoot()
            guard length > 0 else { return [] }
            axis = axis.map { $0 / length }
            let next = differences.map { dot($0, axis) < 0 ? Float(-1) : 1 }
            if next == signs { break }
            signs = next
        }
        let cosines = differences.map { Double(dot($0, axis)) }
        let majority = cosines.count { $0 > 0 } * 2 >= cosines.count ? 1.0 : -1.0
        return zip(usable, cosines).filter { -majority * $0.1 > leastCosine }.map {
            record, cosine in
            Finding(
                .disorderedSlices, scan: record.reference.id, position: record.position,
                split: record.reference.split, slices: Array(0..<record.digests.count),
                others: ["reverse"],
                "runs from last to first where most scans run from first to last (cosine "
                    + "\((-abs(cosine) * 100).rounded() / 100))")
        }
    }

    private static func centred(_ thumbnail: [Float]) -> [Float] {
        let mean = thumbnail.reduce(0, +) / Float(max(1, thumbnail.count))
        return thumbnail.map { $0 - mean }
    }

    private static func dot(_ a: [Float], _ b: [Float]) -> Float {
        zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }
}
