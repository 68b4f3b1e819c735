/// What is wrong with a manifest, and what to do about it.
package enum ManifestError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The manifest cannot be read.
    case unreadable(file: String, reason: String)
    /// The manifest is not of its format.
    case malformed(file: String, line: Int, reason: String)
    /// The JSON is not class → patient → scan → slice files.
    case wrongStructure(file: String, key: String, expected: String)
    /// The table has no such column.
    case missingColumn(file: String, column: String, found: [String])
    /// A label that the run file gives no class.
    case unknownLabel(origin: String, label: String, known: [String])
    /// The run file's classes make no sense.
    case badClasses(reason: String)
    /// A file name that leaves the root folder.
    case outsideRoot(origin: String, file: String)
    /// A file that does not exist.
    case missingFile(origin: String, file: String, root: String)
    /// The same scan twice.
    case duplicateScan(origin: String, scan: String, first: String)
    /// A list that should have scans has none.
    case empty(list: String, hint: String)
    /// A patient in the training and in the test list.
    case sharedPatients(count: Int, example: String)
    /// The patients do not suffice for the split.
    case tooFewPatients(className: String, found: Int, needed: Int, purpose: String)

    package var description: String {
        switch self {
        case .unreadable(let file, let reason):
            return "\(file): cannot be read: \(reason)"
        case .malformed(let file, let line, let reason):
            return "\(file):\(line): \(reason)"
        case .wrongStructure(let file, let key, let expected):
            return "\(file): \(key.isEmpty ? "the top level" : key) should be \(expected); "
                + "the format is class → patient → scan → list of slice files"
        case .missingColumn(let file, let column, let found):
            return "\(file):1: no column '\(column)'; found: \(found.joined(separator: ", "))"
        case .unknownLabel(let origin, let label, let known):
            return "\(origin): label '\(label)' has no class; data.classes knows "
                + (known.isEmpty ? "none, list every label there" : known.joined(separator: ", "))
        case .badClasses(let reason):
            return "data.classes: \(reason)"
        case .outsideRoot(let origin, let file):
            return "\(origin): '\(file)' leaves the root folder; use names below data.root"
        case .missingFile(let origin, let file, let root):
            return "\(origin): no file '\(file)' in '\(root)'; correct data.root, fetch the file, "
                + "or set data.allowMissing"
        case .duplicateScan(let origin, let scan, let first):
            return "\(origin): scan '\(scan)' is listed already at \(first)"
        case .empty(let list, let hint):
            return "the \(list) list has no scans; \(hint)"
        case .sharedPatients(let count, let example):
            return "\(count) patients are in the training and in the test list, such as "
                + "'\(example)'; a test on known patients proves nothing"
        case .tooFewPatients(let className, let found, let needed, let purpose):
            return "class '\(className)' has \(found) patients, \(purpose) needs \(needed)"
        }
    }
}
