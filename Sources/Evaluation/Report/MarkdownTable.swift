/// A table in GitHub's Markdown.
struct MarkdownTable {
    let header: [String]
    /// The columns that hold numbers, aligned to the right.
    let numeric: Set<Int>
    var rows: [[String]] = []

    init(_ header: [String], numeric: Set<Int> = []) {
        self.header = header
        self.numeric = numeric
    }

    /// The table's lines, ending in a blank one.
    var text: String {
        let rule = header.indices.map { numeric.contains($0) ? "---:" : "---" }
        let lines = [header] + [rule] + rows
        let texts = lines.map { "| " + $0.map(Self.cell).joined(separator: " | ") + " |" }
        return texts.joined(separator: "\n") + "\n\n"
    }

    /// Text that cannot end its cell or its row.
    private static func cell(_ text: String) -> String {
        text.map { character in
            if character == "|" { return "\\|" }
            return character.isNewline ? " " : String(character)
        }.joined()
    }
}
