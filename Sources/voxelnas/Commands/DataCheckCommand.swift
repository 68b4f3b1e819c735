import ArgumentParser
import CTData
import DataChecks
import Foundation
import Pipeline
import RunConfiguration

/// `voxelnas data check`.
struct DataCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Looks for what spoils results: damage, copies, disorder, leaks.",
        discussion: """
            Reads every slice of every scan of the run file's lists. Docs/Data.md says what each \
            finding means. Exit code 0 without problems, 1 with some.
            """)

    @Argument(help: "A run file.") var runFile: String
    @Flag(help: "Print JSON.") var json = false
    @Flag(help: "Check the lists alone, whose files are not here.") var listsOnly = false
    @Option(help: "Write a page with pictures of the worst cases.") var html: String?
    @Option(help: "Write the fixes that the findings ask for; see 'data clean'.")
    var fixes: String?
    @Option(help: "Lines per kind of finding in the terminal.") var lines = 5

    func run() async throws {
        try await explainingFailures {
            let check = try surveyed(runFile, listsOnly: listsOnly)
            let configuration = try RunConfiguration(contentsOf: runFile)
            if let html { try check.writeHTML(to: html, title: configuration.name) }
            if let fixes { try FixList(check).write(to: fixes) }
            if json {
                print(check.json)
            } else {
                printText(check)
                if let html { print("pictures of the worst cases: \(html)") }
                if let fixes {
                    print(
                        "read \(fixes), change what you judge otherwise, and apply it:\n"
                            + "voxelnas data clean \(runFile) --fixes \(fixes) --output NEW_FOLDER")
                }
            }
            if check.findings.contains(where: { $0.severity == .problem }) { throw ExitCode(1) }
        }
    }

    private func printText(_ check: DataCheck) {
        var counts = Table("list  class", "patients", "scans", "slices")
        for list in check.counts {
            for row in list.statistics.classes {
                counts.append(
                    "\(list.list)  \(row.name)", "\(row.patients)", "\(row.scans)", "\(row.slices)")
            }
        }
        print(counts.text + "\n")
        var leaks = Table("feature alone  (list, class)", "AUC lower", "AUC higher", "")
        let shown = check.leaks.sorted { $0.area > $1.area }
            .filter { $0.isHint || $0.feature == "slice count" }.prefix(3 * lines)
        for leak in shown {
            leaks.append(
                "\(leak.feature)  (\(leak.list), \(leak.className))",
                String(format: "%.3f", leak.areaOfLower), String(format: "%.3f", leak.areaOfHigher),
                leak.isLeak ? "LEAK" : leak.isHint ? "hint" : "")
        }
        print(
            (shown.isEmpty ? "no feature alone tells the classes apart" : leaks.text) + "\n")
        for (lists, count) in check.sharedFiles { print("\(count) files are in \(lists)") }
        for (kind, findings) in check.kinds where kind != .labelLeak {
            let problems = findings.count { $0.severity == .problem }
            print("\(kind.rawValue): \(findings.count)\(problems == 0 ? " (remarks)" : "")")
            for finding in findings.prefix(lines) {
                let slices = finding.slices.prefix(6).map(String.init).joined(separator: " ")
                print(
                    "    \(finding.scan ?? finding.split ?? "")"
                        + (slices.isEmpty ? "" : " [\(slices)]") + "  \(finding.message)")
            }
            if findings.count > lines { print("    and \(findings.count - lines) more") }
        }
        let problems = check.findings.count { $0.severity == .problem }
        print("\(problems) problems, \(check.findings.count - problems) remarks")
    }
}

/// The check of a run file's scans, with progress on the terminal.
func surveyed(_ runFile: String, listsOnly: Bool) throws -> DataCheck {
    let configuration = try RunConfiguration(contentsOf: runFile)
    let listed = try ListedScans.read(
        configuration.data, folder: folder(of: runFile), readsFiles: !listsOnly)
    guard !listsOnly else { return DataCheck(listed, records: []) }
    let progress = TerminalProgress(directory: nil)
    let meter = ProgressMeter(
        stage: "looking at scans", unit: "scans", total: listed.scans.count,
        report: progress.update)
    return DataCheck(listed, records: DataSurvey.records(of: listed) { meter.update($0) })
}
