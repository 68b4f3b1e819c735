import Digests
import Foundation
import Yams

/// A run file's settings laid over the defaults, so that what it leaves out is as documented and
/// what it misspells is refused.
extension RunConfiguration {
    /// Reads a run file.
    ///
    /// - Parameters:
    ///   - text: YAML, or JSON, which is YAML.
    ///   - file: The file's name, for errors.
    ///   - overrides: Settings in place of the file's, such as `search.epochs=2`.
    /// - Throws: ``ConfigurationError`` naming file, line and setting, with the choices.
    package init(
        reading text: String, file: String, overrides: [String] = []
    ) throws(ConfigurationError) {
        var given: Node
        do {
            guard let node = try Yams.compose(yaml: text) else {
                throw ConfigurationError.notYAML(file: file, reason: "it is empty")
            }
            given = node
        } catch let error as ConfigurationError {
            throw error
        } catch {
            throw .notYAML(file: file, reason: "\(error)")
        }
        guard given.mapping != nil else {
            throw .notYAML(file: file, reason: "the top level is not a mapping")
        }
        for override in overrides { try Self.apply(override, to: &given) }
        var defaults = try Self.tree(of: RunConfiguration(), file: file)
        // What `evaluationInput` leaves out is as in `input`.
        if let input = given["input"], let usual = defaults["input"] {
            defaults["evaluationInput"] = try Self.overlay(
                input, on: usual, field: "input", file: file)
        }
        let merged = try Self.overlay(given, on: defaults, field: "", file: file)
        do {
            self = try YAMLDecoder().decode(RunConfiguration.self, from: merged)
        } catch {
            throw Self.explained(error, given: given, file: file)
        }
        try validate()
    }

    /// Reads a run file from disk.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - overrides: Settings in place of the file's, such as `search.epochs=2`.
    /// - Throws: ``ConfigurationError``.
    package init(
        contentsOf path: String, overrides: [String] = []
    ) throws(ConfigurationError) {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw .unreadable(file: path, reason: error.localizedDescription)
        }
        try self.init(reading: text, file: path, overrides: overrides)
    }

    /// The settings that decide the result, as JSON with sorted keys and defaults filled in.
    package var canonicalJSON: String {
        var settings = self
        settings.deployment = DeploymentConfiguration()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(settings) else {
            preconditionFailure("a configuration holds only finite numbers")
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// SHA-256 of ``canonicalJSON``, in hexadecimal.
    package var digest: String {
        SHA256.hex(canonicalJSON.utf8)
    }

    private static func apply(_ override: String, to tree: inout Node) throws(ConfigurationError) {
        let parts = override.split(separator: "=", maxSplits: 1).map(String.init)
        let value: Node?
        do {
            value = parts.count == 2 ? try Yams.compose(yaml: parts[1]) : nil
        } catch {
            throw .notYAML(file: "--set \(override)", reason: "\(error)")
        }
        guard let value else {
            throw .invalid(
                field: "--set", found: "'\(override)'", expected: "such as search.epochs=2")
        }
        set(value, at: parts[0].split(separator: ".").map(String.init)[...], in: &tree)
    }

    private static func set(_ value: Node, at path: ArraySlice<String>, in tree: inout Node) {
        guard let first = path.first else { return tree = value }
        if tree.mapping == nil { tree = Node([(Node, Node)]()) }
        var inner = tree[first] ?? Node([(Node, Node)]())
        set(value, at: path.dropFirst(), in: &inner)
        tree[first] = inner
    }

    private static func tree(of value: RunConfiguration, file: String) throws(ConfigurationError)
        -> Node
    {
        do {
            let text = try YAMLEncoder().encode(value)
            guard let node = try Yams.compose(yaml: text) else {
                preconditionFailure("the encoder wrote nothing")
            }
            return node
        } catch {
            throw .notYAML(file: file, reason: "\(error)")
        }
    }

    private static func overlay(
        _ given: Node, on defaults: Node, field: String, file: String
    ) throws(ConfigurationError) -> Node {
        guard case .mapping(let usual) = defaults else { return given }
        // An empty mapping among the defaults is a table with keys of the user's own.
        guard !usual.isEmpty else { return given }
        guard case .mapping(let own) = given else {
            throw .wrongType(
                file: file, line: given.mark?.line ?? 0, field: field, expected: "a mapping")
        }
        var merged = defaults
        for (key, value) in own {
            let name = key.string ?? ""
            let path = field.isEmpty ? name : "\(field).\(name)"
            guard let inner = usual[key] else {
                throw .unknownField(
                    file: file, line: key.mark?.line ?? 0, field: path,
                    known: usual.keys.compactMap(\.string).sorted())
            }
            merged[key] = try overlay(value, on: inner, field: path, file: file)
        }
        return merged
    }

    private static func explained(_ error: any Error, given: Node, file: String)
        -> ConfigurationError
    {
        func place(_ path: [any CodingKey]) -> (field: String, line: Int) {
            var node: Node? = given
            var line = 1
            for key in path {
                node = key.intValue.flatMap { node?.sequence?[$0] } ?? node?[key.stringValue]
                line = node?.mark?.line ?? line
            }
            return (path.map(\.stringValue).joined(separator: "."), line)
        }
        switch error {
        case let error as ConfigurationError:
            return error
        case DecodingError.typeMismatch(let type, let context):
            let (field, line) = place(context.codingPath)
            return .wrongType(file: file, line: line, field: field, expected: "\(type)")
        case DecodingError.dataCorrupted(let context):
            if let inner = context.underlyingError as? ConfigurationError { return inner }
            let (field, line) = place(context.codingPath)
            return .wrongType(
                file: file, line: line, field: field, expected: context.debugDescription)
        default:
            return .notYAML(file: file, reason: "\(error)")
        }
    }
}
