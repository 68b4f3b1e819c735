import ArgumentParser
import CTData
import DataChecks
import Foundation
import RunConfiguration

/// `voxelnas data stats`.
struct DataStatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Counts patients, scans and slices per class and list, as Table 2 of the paper.",
        discussion: """
            With --volumes every file is read too, and sizes, spacing, slice counts and intensities \
            are shown as they are spread over scans.
            """)

    @Argument(help: "A run file.") var runFile: String
    @Flag(help: "Read the files, too.") var volumes = false
    @Flag(help: "Print JSON.") var json = false

    private struct List: Encodable {
        let list: String
        let statistics: ManifestStatistics
    }

    func run() async throws {
        try await explainingFailures {
            if volumes {
                let summary = DataSummary(try surveyed(runFile, listsOnly: false))
                if json { return try printJSON(summary.lists) }
                printCounts(summary.lists.map { ($0.list, $0.statistics) })
                for list in summary.lists { print("\n" + Self.text(list)) }
                return
            }
            let configuration = try RunConfiguration(contentsOf: runFile)
            let lists = try ScanLists.read(
                configuration.data, folder: folder(of: runFile), requiresFiles: false)
            let all = [
                List(
                    list: "train",
                    statistics: ManifestStatistics(
                        lists.training, emptyPatients: lists.emptyTraining)),
                List(
                    list: "test",
                    statistics: ManifestStatistics(lists.test, emptyPatients: lists.emptyTest)),
            ]
            if json { return try printJSON(all) }
            printCounts(all.map { ($0.list, $0.statistics) })
        }
    }

    private func printCounts(_ lists: [(String, ManifestStatistics)]) {
        var table = Table("list  class", "patients", "scans", "slices", "min", "max")
        for (list, total) in lists where total.scans > 0 {
            for row in total.classes {
                table.append(
                    "\(list)  \(row.name)", "\(row.patients)", "\(row.scans)", "\(row.slices)", "",
                    "")
            }
            table.append(
                "\(list)  total", "\(total.patients)", "\(total.scans)", "\(total.slices)",
                "\(total.fewestSlices)", "\(total.mostSlices)")
        }
        print(table.text)
    }

    private static func text(_ list: DataSummary.List) -> String {
        func number(_ value: Double) -> String {
            String(format: value == value.rounded() ? "%.0f" : "%.3f", value)
        }
        var table = Table(list.list, "min", "25 %", "median", "75 %", "max")
        let spreads: [(String, Spread?)] =
            [("slices", list.slices), ("rows", list.rows), ("columns", list.columns)]
            + zip(
                ["slice spacing, mm", "row spacing, mm", "column spacing, mm"],
                list.spacingInMillimetres
            ).map { ($0, $1) }
            + [
                ("mean intensity", list.intensities?.mean),
                ("intensity deviation", list.intensities?.standardDeviation),
            ]
        for (name, spread) in spreads {
            guard let spread else { continue }
            table.append(
                "  " + name, number(spread.minimum), number(spread.lowerQuartile),
                number(spread.median), number(spread.upperQuartile), number(spread.maximum))
        }
        var text = table.text
        func bars(_ title: String, _ counts: [Int], _ label: (Int) -> String) {
            guard let most = counts.max(), most > 0 else { return }
            text += "\n  \(title)"
            for (bin, count) in counts.enumerated() {
                let bar = String(repeating: "#", count: (count * 40 + most - 1) / most)
                text +=
                    "\n  \(label(bin).padding(toLength: 14, withPad: " ", startingAt: 0)) \(bar)"
                text += count > 0 ? " \(count)" : ""
            }
        }
        bars("scans by slices", list.sliceCounts) { bin in
            "\(bin * list.sliceBin) to \((bin + 1) * list.sliceBin - 1)"
        }
        if let intensities = list.intensities {
            let (low, high) = (intensities.range[0], intensities.range[1])
            let step = (high - low) / 16
            let coarse = (0..<16).map { intensities.counts[(4 * $0)..<(4 * $0 + 4)].reduce(0, +) }
            bars("voxels by intensity", coarse) { number(low + Double($0) * step) }
        }
        for (sample, count) in list.samples.sorted(by: { $0.key < $1.key }) {
            text += "\n  stored as \(sample): \(count) scans"
        }
        return text + (list.unreadable > 0 ? "\n  not readable: \(list.unreadable) scans" : "")
    }
}
