/// Reads comma-separated values by RFC 4180: quotes, doubled quotes, line breaks inside quotes.
struct TableParser {
    /// One record and the line that it starts on.
    struct Record {
        let line: Int
        let fields: [String]
    }

    let file: String

    /// The records of a table, without empty lines.
    ///
    /// - Throws: ``ManifestError/malformed(file:line:reason:)``.
    func records(_ bytes: [UInt8]) throws(ManifestError) -> [Record] {
        let quote = UInt8(ascii: "\"")
        var records: [Record] = []
        var fields: [String] = []
        var field: [UInt8] = []
        var line = 1
        var start = 1
        var isQuoted = false
        var wasQuoted = false
        var index = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0

        func text() throws(ManifestError) -> String {
            guard let text = String(validating: field, as: UTF8.self) else {
                throw .malformed(file: file, line: line, reason: "not UTF-8")
            }
            return wasQuoted ? text : text.trimmed()
        }
        func endRecord() throws(ManifestError) {
            fields.append(try text())
            if fields.count > 1 || !fields[0].isEmpty || wasQuoted {
                records.append(Record(line: start, fields: fields))
            }
            (fields, field, wasQuoted) = ([], [], false)
        }
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "\n") { line += 1 }
            if isQuoted {
                if byte != quote {
                    field.append(byte)
                } else if index < bytes.count, bytes[index] == quote {
                    field.append(quote)
                    index += 1
                } else {
                    isQuoted = false
                }
                continue
            }
            switch byte {
            case quote where field.isEmpty && !wasQuoted: (isQuoted, wasQuoted) = (true, true)
            case quote:
                throw .malformed(
                    file: file, line: line,
                    reason: "a quote inside a field; double it and quote the field")
            case UInt8(ascii: ","):
                fields.append(try text())
                (field, wasQuoted) = ([], false)
            case UInt8(ascii: "\r"): break
            case UInt8(ascii: "\n"):
                try endRecord()
                start = line
            default:
                guard !wasQuoted else {
                    throw .malformed(file: file, line: line, reason: "text after a closing quote")
                }
                field.append(byte)
            }
        }
        guard !isQuoted else {
            throw .malformed(file: file, line: start, reason: "a quote that is never closed")
        }
        if !field.isEmpty || !fields.isEmpty || wasQuoted { try endRecord() }
        return records
    }
}

extension String {
    /// The text without spaces and tabs at both ends.
    fileprivate func trimmed() -> String {
        var part = self[...]
        while let first = part.first, first == " " || first == "\t" { part.removeFirst() }
        while let last = part.last, last == " " || last == "\t" { part.removeLast() }
        return String(part)
    }
}
