/// Why a fix list cannot be used, and what to do about it.
package enum FixListError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file cannot be read.
    case unreadable(file: String, reason: String)
    /// A line that is not of the grammar.
    case malformed(file: String, line: Int, reason: String)
    /// A scan that no manifest lists.
    case unknownScan(file: String, line: Int, scan: String)

    package var description: String {
        switch self {
        case .unreadable(let file, let reason): "\(file): cannot be read: \(reason)"
        case .malformed(let file, let line, let reason): "\(file):\(line): \(reason)"
        case .unknownScan(let file, let line, let scan):
            "\(file):\(line): no manifest lists the scan '\(scan)'; write the list anew with "
                + "data check --fixes, or remove the line"
        }
    }
}

extension FixList {
    static let columns = [
        "cls", "pid", "scan_id", "is_seg", "is_repeat", "repeat_ids", "re_order", "label", "split",
        "list", "scan", "why",
    ]

    /// The table.
    package var text: String {
        let lines = fixes.map { fix in
            let removed =
                fix.isDiscarded ? "discard" : fix.removed.map(\.text).joined(separator: ";")
            let order =
                switch fix.reordering {
                case nil: ""
                case .reverse: "reverse"
                case .spans(let spans): spans.map(\.text).joined(separator: "+")
                }
            return [
                fix.label, fix.patient, fix.name, fix.isSegmented ? "1" : "0",
                removed.isEmpty ? "0" : "1", removed, order, fix.newLabel, fix.newSplit, fix.list,
                fix.scan, fix.reason,
            ].map(Self.quoted).joined(separator: ",")
        }
        return ([Self.columns.joined(separator: ",")] + lines).joined(separator: "\n") + "\n"
    }

    static func quoted(_ text: String) -> String {
        guard text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
        return "\""
            + text.split(separator: "\"", omittingEmptySubsequences: false)
            .joined(separator: "\"\"") + "\""
    }

    /// Reads a table; of its columns only `cls`, `pid` and `scan_id` must be there.
    ///
    /// - Parameters:
    ///   - text: The table.
    ///   - file: Its name, for messages.
    /// - Throws: ``FixListError/malformed(file:line:reason:)``.
    package init(parsing text: String, file: String) throws(FixListError) {
        var lines = Self.records(text)
        guard !lines.isEmpty else {
            throw .malformed(file: file, line: 1, reason: "empty; the first line names columns")
        }
        let header = lines.removeFirst().fields
        for name in ["cls", "pid", "scan_id"] where !header.contains(name) {
            throw .malformed(
                file: file, line: 1,
                reason: "no column '\(name)'; found: \(header.joined(separator: ", "))")
        }
        fixes = []
        for (line, fields) in lines {
            guard fields.count == header.count else {
                throw .malformed(
                    file: file, line: line,
                    reason: "\(fields.count) fields, the first line has \(header.count)")
            }
            func field(_ name: String) -> String {
                header.firstIndex(of: name).map { fields[$0] } ?? ""
            }
            var fix = Fix()
            fix.label = field("cls")
            fix.patient = field("pid")
            fix.name = field("scan_id")
            fix.isSegmented = field("is_seg") == "1"
            fix.scan = field("scan")
            fix.list = field("list")
            fix.newLabel = field("label")
            fix.newSplit = field("split")
            fix.reason = field("why")
            func spans(_ text: String, _ separator: Character) throws(FixListError) -> [Span] {
                var result: [Span] = []
                for item in text.split(separator: separator) {
                    let ends = item.split(separator: "-", omittingEmptySubsequences: false).map {
                        Int($0.filter { $0 != " " })
                    }
                    guard (1...2).contains(ends.count), let first = ends[0], let last = ends.last,
                        let last, first >= 0, last >= first
                    else {
                        throw .malformed(
                            file: file, line: line,
                            reason: "'\(item)' should be a number or two ascending ones, as 3-9")
                    }
                    result.append(Span(first...last))
                }
                return result
            }
            let removed = field("repeat_ids")
            fix.isDiscarded = removed == "discard"
            if !fix.isDiscarded { fix.removed = try spans(removed, ";") }
            let order = field("re_order")
            if order == "reverse" {
                fix.reordering = .reverse
            } else if !order.isEmpty {
                fix.reordering = .spans(try spans(order, "+"))
            }
            fixes.append(fix)
        }
    }

    /// Lines and fields of comma-separated values; quotes may hold commas and line breaks.
    private static func records(_ text: String) -> [(line: Int, fields: [String])] {
        var records: [(line: Int, fields: [String])] = []
        var (fields, field, isQuoted) = ([String](), "", false)
        var (line, start) = (1, 1)
        var characters = Array(text.unicodeScalars)[...]
        func isEmpty() -> Bool { fields.isEmpty && field.isEmpty }
        while let character = characters.popFirst() {
            if character == "\n" { line += 1 }
            switch character {
            case "\"" where isQuoted && characters.first == "\"":
                field.append("\"")
                characters.removeFirst()
            case "\"": isQuoted.toggle()
            case "," where !isQuoted:
                fields.append(field)
                field = ""
            case "\r" where !isQuoted, "\u{FEFF}": break
            case "\n" where !isQuoted:
                if !isEmpty() { records.append((start, fields + [field])) }
                (fields, field, start) = ([], "", line)
            default: field.unicodeScalars.append(character)
            }
        }
        if !isEmpty() { records.append((start, fields + [field])) }
        return records
    }
}
