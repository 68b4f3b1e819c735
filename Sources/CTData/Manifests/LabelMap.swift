/// From the labels of a manifest to class indices, as the run file gives them.
struct LabelMap {
    private let classes: [String: Int]
    /// The label that stands for a class when a table holds the class's number.
    private let names: [Int: String]

    init(_ classes: [String: Int]) throws(ManifestError) {
        guard !classes.isEmpty else {
            throw .badClasses(reason: "empty; give every label a class index, such as {CT-0: 0}")
        }
        let indices = Set(classes.values)
        guard indices == Set(0..<indices.count) else {
            throw .badClasses(
                reason:
                    "indices \(indices.sorted()) should be 0 to \(indices.count - 1) without gaps")
        }
        self.classes = classes
        names = Dictionary(
            classes.map { ($0.value, $0.key) }, uniquingKeysWith: { min($0, $1) })
    }

    /// The label's name and class; a label may also be a class's number.
    func resolve(_ label: String, origin: String) throws(ManifestError) -> (
        name: String, index: Int
    ) {
        if let index = classes[label] { return (label, index) }
        if let index = Int(label), let name = names[index] { return (name, index) }
        throw .unknownLabel(origin: origin, label: label, known: classes.keys.sorted())
    }
}
