/// What is wrong with a run file, and what to do about it.
package enum ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    case unreadable(file: String, reason: String)
    case notYAML(file: String, reason: String)
    case unknownField(file: String, line: Int, field: String, known: [String])
    case unknownChoice(field: String, value: String, known: [String])
    case wrongType(file: String, line: Int, field: String, expected: String)
    case invalid(field: String, found: String, expected: String)

    package var description: String {
        switch self {
        case .unreadable(let file, let reason):
            "\(file): cannot be read: \(reason)"
        case .notYAML(let file, let reason):
            "\(file): not a YAML mapping: \(reason)"
        case .unknownField(let file, let line, let field, let known):
            "\(file):\(line): no setting '\(field)'; known here: \(known.joined(separator: ", "))"
        case .unknownChoice(let field, let value, let known):
            "\(field): no choice '\(value)'; known: \(known.joined(separator: ", "))"
        case .wrongType(let file, let line, let field, let expected):
            "\(file):\(line): \(field) should be \(expected)"
        case .invalid(let field, let found, let expected):
            "\(field) is \(found); it should be \(expected)"
        }
    }
}
