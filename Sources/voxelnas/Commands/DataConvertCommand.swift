import ArgumentParser
import CTData
import Foundation
import ImageCodecs

/// `voxelnas data convert`.
struct DataConvertCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Writes a NIfTI volume or a DICOM series as axial PNG slices.",
        discussion: """
            One window serves the whole volume; window.json beside the slices says which, and how \
            pixels become Hounsfield units again. Slices run from feet to head.
            """)

    @Argument(help: "A NIfTI file, or a folder of DICOM files.") var input: String
    @Argument(help: "The folder of the slices; new or empty.") var output: String
    @Option(parsing: .unconditional, help: "The Hounsfield units of black and white.")
    var window = "-1250,250"
    @Option(help: "Bits of a pixel, 8 or 16.") var bits = 8
    @Option(help: "The UID or the number of the series, where a folder holds several.")
    var series: String?

    func run() async throws {
        try await explainingFailures {
            let bounds = window.split(separator: ",").map { Double($0) ?? .nan }
            guard bounds.count == 2 else {
                throw ShardError.badSettings("--window \(window) should be two numbers: -1250,250")
            }
            let export = try PictureExport(low: bounds[0], high: bounds[1], bits: bits)
            let scan = try ScanVolume(contentsOf: input, series: series)
            for finding in scan.findings {
                FileHandle.standardError.write(Data("\(input): \(finding)\n".utf8))
            }
            let count = try export.write(scan, source: input, to: output)
            print("\(count) slices of \(bits) bits in \(output)")
        }
    }
}
