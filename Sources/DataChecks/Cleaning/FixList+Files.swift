package import ImageCodecs

extension FixList {
    /// Reads a list from a file.
    ///
    /// - Throws: ``FixListError`` naming file and line.
    package init(contentsOf file: String) throws(FixListError) {
        let bytes: [UInt8]
        do {
            bytes = try FileBytes.read(file, limit: 256 << 20)
        } catch {
            // The error names the file, too.
            throw .unreadable(
                file: file, reason: "\(error)".replacing("\(file): cannot be read: ", with: ""))
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .malformed(file: file, line: 1, reason: "not UTF-8")
        }
        try self.init(parsing: text, file: file)
    }

    /// Writes the list.
    ///
    /// - Throws: `ImageCodecError/unwritable`.
    package func write(to file: String) throws(ImageCodecError) {
        try FileBytes.write(Array(text.utf8), to: file)
    }
}
