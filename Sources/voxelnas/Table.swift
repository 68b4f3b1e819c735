import Foundation
import RunConfiguration

/// Rows of text in aligned columns.
struct Table {
    private let header: [String]
    private var rows: [[String]] = []

    init(_ header: String...) {
        self.header = header
    }

    init(row header: [String]) {
        self.header = header
    }

    mutating func append(_ row: String...) {
        rows.append(row)
    }

    mutating func append(row: [String]) {
        rows.append(row)
    }

    /// The table; the first column to the left, the others to the right.
    var text: String {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + space : space + cell
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}

/// Prints a value as JSON with sorted keys.
func printJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
}

/// Says on standard error what every output of a search says that is not exact.
func caution(of configuration: RunConfiguration) {
    guard let text = configuration.search.caution else { return }
    FileHandle.standardError.write(Data((text + "\n").utf8))
}
