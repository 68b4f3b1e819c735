package import CTData

/// What is kept of a scan when its slices have been looked at.
package struct ScanRecord: Sendable {
    /// The scan.
    package let reference: ScanReference
    /// Its position among all listed scans.
    package let position: Int
    /// What was found within the scan.
    package var findings: [Finding]
    /// Slices that were read.
    package let sliceCount: Int
    /// Rows, or 0 when nothing was read.
    package let rows: Int
    /// Columns.
    package let columns: Int
    /// How samples are stored.
    package let sample: String
    /// Whether it is one volume and not a row of pictures.
    package let isVolume: Bool
    /// Whether a volume says how it lies in the patient.
    package let isOriented: Bool
    /// Millimetres between slices, rows, columns; empty for pictures.
    package let spacingInMillimetres: [Double]
    /// Mean intensity.
    package let mean: Double
    /// Standard deviation of the intensities.
    package let standardDeviation: Double
    /// The lowest intensity.
    package let minimum: Double
    /// The highest intensity.
    package let maximum: Double
    /// The bytes of all files.
    package let fileBytes: Int
    /// The share of pixels that have exactly the slice's lowest value, the middle of all slices.
    package let background: Double
    /// The share of tissue along the four edges of the slices.
    package let tissueAtEdges: Double
    /// Counts of greys in 64 steps between ``greyRange``.
    package let histogram: [Int]
    /// The intensities that the first and last step of the histogram stand for.
    package let greyRange: [Double]
    /// Whether the lungs are cut out; `nil` when that cannot be told.
    let isSegmented: Bool?
    /// Digests of the slices by position.
    let digests: [SliceSketch.Digest?]
    /// Eight thumbnails from the first to the last slice, for comparing scans.
    let template: [[Float]]
    /// The grain of three slices.
    let grains: [[Float]]
    /// The order in which the slices belong, where it is not the given one.
    let order: [Int]?
}

extension ScanRecord {
    /// Looks at a scan.
    init(examining scan: ScanReference, at position: Int, root: String) {
        let read = ReadScan(scan, root: root)
        let examination = ScanExamination(read)
        let sketches = (examination.order ?? examination.kept).compactMap { read.sketches[$0] }
        let shown = sketches.filter { !$0.isNearlyEmpty }
        reference = scan
        self.position = position
        sliceCount = read.isVolume ? read.sketches.count : scan.files.count
        rows = sketches.first?.rows ?? 0
        columns = sketches.first?.columns ?? 0
        sample = sketches.first?.sample ?? ""
        isVolume = read.isVolume
        isOriented = read.isOriented
        spacingInMillimetres = read.spacingInMillimetres
        let count = Double(max(1, sketches.count))
        mean = sketches.reduce(0) { $0 + $1.mean } / count
        let squares = sketches.reduce(0) { $0 + $1.squares } / count
        standardDeviation = max(0, squares - mean * mean).squareRoot()
        minimum = sketches.map(\.minimum).min() ?? 0
        maximum = sketches.map(\.maximum).max() ?? 0
        fileBytes = read.fileBytes
        background = median(shown.map(\.background))
        tissueAtEdges = median(shown.map { $0.tissueAtEdges.reduce(0, +) / 4 })
        histogram = read.histogram
        greyRange = [Double(read.scale?.low ?? 0), Double(read.scale?.high ?? 1)]
        let rims = shown.filter { $0.background > 0.5 }.compactMap(\.brightRim)
        isSegmented =
            shown.count < 3
            ? nil
            : rims.count * 2 > shown.count ? median(rims) < 0.7 : false
        digests = read.sketches.map { $0.flatMap { $0.isBlank ? nil : $0.digest } }
        template = ScanTemplate.thumbnails(shown)
        grains = shown.isEmpty ? [] : [1, 2, 3].map { shown[$0 * (shown.count - 1) / 4].grain }
        order = examination.order
        findings = examination.findings(of: scan, at: position)
        if let message = planeMessage(shown, read) {
            // Pictures of another plane have neighbours of another kind, so nothing else holds.
            findings.removeAll { Finding.Kind.ofLikeness.contains($0.kind) }
            findings.append(
                Finding(
                    .wrongPlane, scan: scan.id, position: position, split: scan.split, message))
        }
    }
}

/// What is wrong with the plane of a scan that does not say how it lies.
private func planeMessage(_ shown: [SliceSketch], _ read: ReadScan) -> String? {
    read.isVolume && read.isOriented ? nil : PlaneCheck.message(for: shown)
}

extension ScanExamination {
    /// The findings as values.
    func findings(of scan: ScanReference, at position: Int) -> [Finding] {
        var findings: [Finding] = []
        for (slice, kind) in removed.sorted(by: { $0.key < $1.key }) {
            findings.append(
                Finding(
                    kind, scan: scan.id, position: position, split: scan.split, slices: [slice],
                    others: originals[slice].map { ["\($0)"] } ?? [], messages[slice] ?? ""))
        }
        // Lungs that were cut out leave blank slices at both ends.
        let first = kept.first { !blank.contains($0) } ?? 0
        let last = kept.last { !blank.contains($0) } ?? 0
        for slice in blank where slice > first && slice < last {
            findings.append(
                Finding(
                    .blankSlice, severity: .remark, scan: scan.id, position: position,
                    split: scan.split, slices: [slice], "one value everywhere"))
        }
        if let order {
            let places = zip(order, order.sorted()).filter { $0 != $1 }.map(\.0).sorted()
            let steps = (orderGain * 10).rounded() / 10
            findings.append(
                Finding(
                    .disorderedSlices, scan: scan.id, position: position, split: scan.split,
                    slices: places,
                    "another order of \(places.count) slices is \(steps) steps shorter"))
        }
        let notNumbers = read.sketches.reduce(0) { $0 + ($1?.notNumbers ?? 0) }
        if notNumbers > 0 {
            findings.append(
                Finding(
                    .damagedFile, severity: .remark, scan: scan.id, position: position,
                    split: scan.split, "\(notNumbers) voxels are no numbers"))
        }
        return findings
    }
}
