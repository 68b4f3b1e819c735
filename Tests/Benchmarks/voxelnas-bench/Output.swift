import ArgumentParser
import Foundation

/// A result as it is written.
struct Output<Row: Encodable>: Encodable {
    let machine: Machine
    let rows: [Row]
    /// What the rows come to, by name.
    let summary: [String: Double]
}

struct OutputOptions: ParsableArguments {
    @Flag(help: "Print JSON.") var json = false

    /// Prints a result: JSON, or a table of named columns with the machine above it.
    func write<Row: Encodable>(
        _ rows: [Row], on machine: Machine, summary: [String: Double] = [:],
        columns: [String], _ cells: (Row) -> [String]
    ) throws {
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            let data = try encoder.encode(Output(machine: machine, rows: rows, summary: summary))
            return print(String(decoding: data, as: UTF8.self))
        }
        print(machine.line)
        let lines = [columns] + rows.map(cells)
        let widths = columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        for line in lines {
            let padded = zip(line, widths).enumerated().map { index, cell in
                let space = String(repeating: " ", count: cell.1 - cell.0.count)
                return index == 0 ? cell.0 + space : space + cell.0
            }
            print(padded.joined(separator: "  "))
        }
        for (name, value) in summary.sorted(by: { $0.key < $1.key }) {
            print("\(name): \(number(value))")
        }
    }
}

/// A number for a table.
func number(_ value: Double, _ digits: Int = 1) -> String {
    String(format: "%.\(digits)f", value)
}
