import CTData
import RunConfiguration

/// Asks every feature without anatomy how well it tells the classes apart.
package enum LeakCheck {
    /// The leaks of slice counts as the manifests list them, for lists whose files are not here.
    package static func listed(_ listed: ListedScans) -> [FeatureLeak] {
        leaks(
            listed, positions: Array(listed.scans.indices),
            features: [("slice count", { Double(listed.scans[$0].files.count) })])
    }

    /// The leaks of every feature.
    package static func leaks(_ listed: ListedScans, records: [ScanRecord]) -> [FeatureLeak] {
        let byPosition = Dictionary(
            records.map { ($0.position, $0) }, uniquingKeysWith: { first, _ in first })
        let readable = records.filter { $0.rows > 0 }.map(\.position)
        func feature(
            _ name: String, _ value: @escaping (ScanRecord) -> Double?
        ) -> (String, (Int) -> Double?) {
            (name, { byPosition[$0].flatMap(value) })
        }
        func millimetres(_ axis: Int) -> (ScanRecord) -> Double? {
            { record in
                guard record.spacingInMillimetres.count == 3 else { return nil }
                let extents = [record.sliceCount, record.rows, record.columns]
                return Double(extents[axis]) * record.spacingInMillimetres[axis]
            }
        }
        func spacing(_ axis: Int) -> (ScanRecord) -> Double? {
            { $0.spacingInMillimetres.count == 3 ? $0.spacingInMillimetres[axis] : nil }
        }
        let types = Set(records.map(\.sample)).sorted()
        return leaks(
            listed, positions: readable,
            features: [
                feature("slice count") { Double($0.sliceCount) },
                feature("rows") { Double($0.rows) },
                feature("columns") { Double($0.columns) },
                feature("depth in mm", millimetres(0)),
                feature("height in mm", millimetres(1)),
                feature("width in mm", millimetres(2)),
                feature("slice spacing", spacing(0)),
                feature("pixel spacing", spacing(1)),
                feature("sample type") { Double(types.firstIndex(of: $0.sample) ?? 0) },
                feature("orientation known") { $0.isVolume ? ($0.isOriented ? 1 : 0) : nil },
                feature("mean intensity") { $0.mean },
                feature("intensity deviation") { $0.standardDeviation },
                feature("lowest intensity") { $0.minimum },
                feature("highest intensity") { $0.maximum },
                feature("background share") { $0.background },
                feature("tissue at border") { $0.tissueAtEdges },
                feature("file bytes") { Double($0.fileBytes) },
                feature("bytes per voxel") {
                    Double($0.fileBytes) / Double(max(1, $0.sliceCount * $0.rows * $0.columns))
                },
            ])
    }

    /// A finding for each feature that tells a class apart.
    package static func findings(_ leaks: [FeatureLeak]) -> [Finding] {
        leaks.filter(\.isHint).map { leak in
            let direction = leak.areaOfLower > leak.areaOfHigher ? "less" : "more"
            let area = (leak.area * 1000).rounded() / 1000
            return Finding(
                .labelLeak, severity: leak.isLeak ? .problem : .remark, split: leak.list,
                others: [leak.feature, leak.className],
                "\(leak.feature) alone tells \(leak.className) from the rest with AUC \(area) "
                    + "(\(direction) means \(leak.className))")
        }
    }

    private static func leaks(
        _ listed: ListedScans, positions: [Int], features: [(String, (Int) -> Double?)]
    ) -> [FeatureLeak] {
        var leaks: [FeatureLeak] = []
        let names = listed.classNames
        for list in listed.splits {
            let own = positions.filter { listed.scans[$0].split == list }
            for (feature, value) in features {
                let values = own.map(value)
                // Of two classes one against the other says it all, and the positive one is asked.
                let positive = listed.data.classes[listed.data.positive] ?? names.count - 1
                for index in names.indices where names.count > 2 || index == positive {
                    let leak = FeatureLeak(
                        list: list, className: names[index], feature: feature, values: values,
                        isClass: own.map { listed.scans[$0].classIndex == index })
                    if let leak { leaks.append(leak) }
                }
            }
        }
        return leaks
    }
}
