package import CTData

/// Table 2 and what lies behind it: how slices, sizes, spacing and intensities are spread.
package struct DataSummary: Codable, Sendable {
    /// One list.
    package struct List: Codable, Sendable {
        /// The list's name.
        package let list: String
        /// Patients, scans and slices per class.
        package let statistics: ManifestStatistics
        /// Slices per scan; `nil` where files were not read.
        package let slices: Spread?
        /// Rows.
        package let rows: Spread?
        /// Columns.
        package let columns: Spread?
        /// Millimetres between slices, rows, columns; empty for pictures.
        package let spacingInMillimetres: [Spread]
        /// Scans by the number of their slices, in bins of ``sliceBin``.
        package let sliceCounts: [Int]
        /// The slices that one bin spans.
        package let sliceBin: Int
        /// Scans by how samples are stored.
        package let samples: [String: Int]
        /// Intensities over all scans of the most frequent kind.
        package let intensities: Intensities?
        /// Scans of which nothing could be read.
        package let unreadable: Int
    }

    /// Counts of intensities.
    package struct Intensities: Codable, Sendable {
        /// What lies below counts as the first bin, what lies above as the last.
        package let range: [Double]
        /// Counts of 64 equal bins.
        package let counts: [Int]
        /// The middles of the bins that hold 0.5, 25, 50, 75 and 99.5 % of all.
        package let percentiles: [Double]
        /// The scans' mean intensities.
        package let mean: Spread?
        /// The scans' standard deviations.
        package let standardDeviation: Spread?
    }

    /// The lists.
    package let lists: [List]

    /// The summary of a check's lists.
    package init(_ check: DataCheck) {
        lists = check.counts.map { count in
            let records = check.records.filter { $0.reference.split == count.list }
            let read = records.filter { $0.rows > 0 }
            let spaced = read.filter { $0.spacingInMillimetres.count == 3 }
            let slices = read.map(\.sliceCount)
            let bin = max(1, ((slices.max() ?? 1) + 11) / 12)
            var bins = [Int](
                repeating: 0, count: slices.isEmpty ? 0 : (slices.max() ?? 0) / bin + 1)
            for slice in slices { bins[slice / bin] += 1 }
            return List(
                list: count.list, statistics: count.statistics,
                slices: Spread(slices.map(Double.init)), rows: Spread(read.map { Double($0.rows) }),
                columns: Spread(read.map { Double($0.columns) }),
                spacingInMillimetres: (0..<3).compactMap { axis in
                    Spread(spaced.map { $0.spacingInMillimetres[axis] })
                }, sliceCounts: bins, sliceBin: bin,
                samples: Dictionary(read.map { ($0.sample, 1) }, uniquingKeysWith: +),
                intensities: Self.intensities(read), unreadable: records.count - read.count)
        }
    }

    private static func intensities(_ records: [ScanRecord]) -> Intensities? {
        let kinds = Dictionary(grouping: records) { $0.greyRange }
        guard
            let (range, own) = kinds.max(by: {
                ($0.value.count, $1.key[0]) < ($1.value.count, $0.key[0])
            })
        else { return nil }
        var counts = [Int](repeating: 0, count: 64)
        for record in own {
            for (bin, count) in record.histogram.enumerated() { counts[bin] += count }
        }
        let total = counts.reduce(0, +)
        let step = (range[1] - range[0]) / 64
        let percentiles = [0.005, 0.25, 0.5, 0.75, 0.995].map { share in
            var sum = 0
            let bin = counts.firstIndex { count in
                sum += count
                return Double(sum) >= share * Double(total)
            }
            return range[0] + (Double(bin ?? 0) + 0.5) * step
        }
        return Intensities(
            range: range, counts: counts, percentiles: percentiles,
            mean: Spread(own.map(\.mean)), standardDeviation: Spread(own.map(\.standardDeviation)))
    }
}
