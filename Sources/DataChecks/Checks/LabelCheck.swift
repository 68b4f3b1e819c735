import CTData
import RunConfiguration

/// Finds scans whose file name holds the label of another class.
enum LabelCheck {
    static func findings(_ listed: ListedScans) -> [Finding] {
        // Numbers are in every name and say nothing.
        let labels = listed.data.classes.filter { $0.key.contains { $0.isLetter } }
        var findings: [Finding] = []
        for (position, scan) in listed.scans.enumerated() {
            guard let name = scan.files.first.map({ $0.lowercased() }) else { continue }
            let named = labels.filter { contains(name, $0.key.lowercased()) }
            guard !named.isEmpty, !named.values.contains(scan.classIndex) else { continue }
            let label = named.keys.sorted().joined(separator: ", ")
            findings.append(
                Finding(
                    .labelContradictsName, scan: scan.id, position: position, split: scan.split,
                    others: named.keys.sorted(),
                    "labelled '\(scan.label)', the name says '\(label)'"))
        }
        return findings
    }

    /// Whether a label stands in a name as a word of its own.
    private static func contains(_ name: String, _ label: String) -> Bool {
        let (name, label) = (Array(name.unicodeScalars), Array(label.unicodeScalars))
        guard !label.isEmpty, label.count <= name.count else { return false }
        func isPart(_ index: Int) -> Bool {
            name.indices.contains(index) && name[index].properties.isAlphabetic
        }
        func isDigit(_ index: Int) -> Bool {
            name.indices.contains(index) && ("0"..."9").contains(name[index])
        }
        return (0...(name.count - label.count)).contains { start in
            let end = start + label.count
            return name[start..<end].elementsEqual(label) && !isPart(start - 1) && !isPart(end)
                && !(isDigit(end) && isDigit(end - 1))
        }
    }
}
