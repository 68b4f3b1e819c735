import ArgumentParser
import CTData
import Foundation
import ImageCodecs

/// `voxelnas data inspect`.
struct DataInspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Decodes a file or a folder of DICOM slices and says what it holds.",
        discussion: "Exit code 65: the file is refused; the message says why and what to do.")

    @Argument(help: "A PNG, TIFF, NIfTI or DICOM file, or a folder of DICOM files.")
    var path: String
    @Option(help: "The UID or the number of the series, where a folder holds several.")
    var series: String?
    @Flag(help: "Print JSON, of errors too.") var json = false

    func run() async throws {
        do {
            let found = try Inspection(path, series: series)
            if json { return try printJSON(found) }
            print("\(found.file): \(found.format), \(found.type), ", terminator: "")
            print(found.shape.map(String.init).joined(separator: "×"))
            if !found.spacingInMillimetres.isEmpty {
                let spacing = found.spacingInMillimetres.map { String(format: "%g", $0) }
                print("spacing \(spacing.joined(separator: "×")) mm \(found.orientation)")
            }
            print("values \(found.minimum) to \(found.maximum), mean \(found.mean)")
            if found.notNumbers > 0 { print("\(found.notNumbers) voxels are no numbers") }
            for (name, value) in found.details.sorted(by: { $0.key < $1.key }) {
                print("\(name) \(value)")
            }
            for finding in found.findings { print("note: \(finding)") }
            print("sha256 \(found.sha256)")
        } catch {
            if json {
                try printJSON(["file": path, "error": "\(error)"])
                throw ExitCode.badData
            }
            try await explainingFailures { throw error }
        }
    }
}
