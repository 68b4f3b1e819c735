/// Comma-separated values as RFC 4180 defines them.
enum CommaSeparatedValues {
    /// One record and the line on which it begins, counted from 1.
    struct Record: Hashable {
        let line: Int
        let fields: [String]
    }

    /// The text of a field, quoted where it must be.
    static func field(_ text: String) -> String {
        let special = text.utf8.contains { $0 == 0x22 || $0 == 0x2c || $0 == 0x0a || $0 == 0x0d }
        guard special else { return text }
        return "\""
            + text.split(separator: "\"", omittingEmptySubsequences: false)
            .joined(separator: "\"\"") + "\""
    }

    /// The records of a text; blank lines and a byte-order mark are skipped.
    ///
    /// - Throws: ``EvaluationError/predictionsFile(line:problem:)`` for a quote that is never
    ///   closed or stands inside an unquoted field.
    static func records(_ text: String) throws(EvaluationError) -> [Record] {
        var bytes = Array(text.utf8)
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { bytes.removeFirst(3) }
        var records: [Record] = []
        var position = 0
        var line = 1
        while position < bytes.count {
            let start = line
            var fields: [String] = []
            var more = true
            while more {
                fields.append(try field(in: bytes, at: &position, line: &line))
                more = position < bytes.count && bytes[position] == 0x2c
                if more { position += 1 }
            }
            if position < bytes.count, bytes[position] == 0x0d { position += 1 }
            if position < bytes.count, bytes[position] == 0x0a { position += 1 }
            line += 1
            if fields != [""] { records.append(Record(line: start, fields: fields)) }
        }
        return records
    }

    /// Reads one field and stops at the comma or line end behind it.
    private static func field(
        in bytes: [UInt8], at position: inout Int, line: inout Int
    ) throws(EvaluationError) -> String {
        var field: [UInt8] = []
        guard position < bytes.count, bytes[position] == 0x22 else {
            while position < bytes.count, ![0x2c, 0x0a, 0x0d].contains(bytes[position]) {
                guard bytes[position] != 0x22 else {
                    throw .predictionsFile(line: line, problem: "a quote inside an unquoted field")
                }
                field.append(bytes[position])
                position += 1
            }
            return String(decoding: field, as: UTF8.self)
        }
        let start = line
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == 0x22 {
                guard position < bytes.count, bytes[position] == 0x22 else {
                    guard position == bytes.count || [0x2c, 0x0a, 0x0d].contains(bytes[position])
                    else {
                        throw .predictionsFile(line: line, problem: "text behind a closing quote")
                    }
                    return String(decoding: field, as: UTF8.self)
                }
                position += 1
            }
            if byte == 0x0a { line += 1 }
            field.append(byte)
        }
        throw .predictionsFile(line: start, problem: "a quoted field is never closed")
    }
}
