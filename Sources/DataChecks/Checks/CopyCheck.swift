import CTData

/// Finds scans that show the same pictures under two names.
enum CopyCheck {
    /// The least share of a scan's slices that another one has, too.
    static let leastShare = 0.3

    static func findings(_ records: [ScanRecord], isTest: (String) -> Bool) -> [Finding] {
        var copies: [Pair: String] = [:]
        for (pair, count) in sharedSlices(records) {
            let fewer = min(
                records[pair.first].digests.compactMap { $0 }.count,
                records[pair.second].digests.compactMap { $0 }.count)
            guard Double(count) >= max(1, leastShare * Double(fewer)) else { continue }
            copies[pair] = "\(count) of \(fewer) slices have the same pixels"
        }
        for (pair, likeness) in alike(records) where copies[pair] == nil {
            copies[pair] =
                "the same noise in three slices (correlation \((likeness * 1000).rounded() / 1000))"
        }
        return copies.sorted { ($0.key.first, $0.key.second) < ($1.key.first, $1.key.second) }.map {
            pair, message in
            // The one that goes: never the held-out one, else the one that is listed later.
            let first = records[pair.first]
            let second = records[pair.second]
            let isFirst =
                isTest(second.reference.split) && !isTest(first.reference.split)
            let (copy, other) = isFirst ? (first, second) : (second, first)
            let isSame = copy.reference.split == other.reference.split
            return Finding(
                .sharedVoxels, scan: copy.reference.id, position: copy.position,
                split: copy.reference.split, others: [other.reference.id],
                "\(message) as '\(other.reference.id)'"
                    + (isSame
                        ? "" : ", which is in the list '\(other.reference.split)'")
                    + (copy.reference.patient == other.reference.patient
                        ? "" : ", of patient '\(other.reference.patient)'"))
        }
    }

    private struct Pair: Hashable {
        let first: Int
        let second: Int
    }

    private static func sharedSlices(_ records: [ScanRecord]) -> [Pair: Int] {
        var owners: [SliceSketch.Digest: [Int]] = [:]
        for (index, record) in records.enumerated() {
            for digest in Set(record.digests.compactMap { $0 }) {
                owners[digest, default: []].append(index)
            }
        }
        var counts: [Pair: Int] = [:]
        // A slice of very many scans is a blank or a logo, not a copy.
        for group in owners.values where group.count > 1 && group.count <= 50 {
            for (place, first) in group.enumerated() {
                for second in group.dropFirst(place + 1) {
                    counts[Pair(first: first, second: second), default: 0] += 1
                }
            }
        }
        return counts
    }

    /// Pairs of scans of one size whose pictures and noise agree.
    private static func alike(_ records: [ScanRecord]) -> [(Pair, Double)] {
        // One mean-free vector of length 1 per scan, from four of its thumbnails.
        let vectors = records.map { record -> [Float] in
            guard !record.template.isEmpty else { return [] }
            let all = [1, 3, 5, 6].flatMap { record.template[$0] }
            let mean = all.reduce(0, +) / Float(all.count)
            let centred = all.map { $0 - mean }
            let length = centred.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return length > 0 ? centred.map { $0 / length } : []
        }
        var pairs: [(Pair, Double)] = []
        for first in records.indices where !vectors[first].isEmpty {
            for second in records.indices.dropFirst(first + 1)
            where vectors[second].count == vectors[first].count {
                guard records[first].rows == records[second].rows,
                    records[first].columns == records[second].columns
                else { continue }
                var product: Float = 0
                let (a, b) = (vectors[first], vectors[second])
                for index in a.indices { product += a[index] * b[index] }
                guard product > 0.99 else { continue }
                let likeness = zip(records[first].grains, records[second].grains)
                    .map { correlation($0, $1) }
                guard let least = likeness.min(), least > 0.8 else { continue }
                pairs.append((Pair(first: first, second: second), least))
            }
        }
        return pairs
    }
}
