import ArgumentParser
import CTData
import DataChecks
import Foundation
import ImageCodecs
import LungSegmentation
import Pipeline
import RunConfiguration
import Tensors

/// `voxelnas data lungs`.
struct DataLungsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lungs",
        abstract: "Finds the lungs in NIfTI and DICOM scans: masks, and a picture of each.",
        discussion: """
            Writes masks/, montages/ and lungs.csv. With --crop also volumes/, cut to the box of \
            the lungs, and labels.csv, a table for a run file. Pictures have no spacing and are \
            left out.
            """)

    @Argument(help: "A run file.") var runFile: String
    @Option(help: "The folder to write to.") var output: String
    @Option(help: "Cut scans to the lungs and this margin in millimetres.") var crop: Double?
    @Flag(help: "With --crop: make everything outside the lungs air.") var blank = false
    @Option(help: "Only scans whose name holds this text.") var only: String?

    func validate() throws {
        if let crop, !(0...200).contains(crop) { throw ValidationError("--crop takes 0 to 200") }
        if blank, crop == nil { throw ValidationError("--blank goes with --crop") }
    }

    func run() async throws {
        try await explainingFailures {
            let configuration = try RunConfiguration(contentsOf: runFile)
            let listed = try ListedScans.read(configuration.data, folder: folder(of: runFile))
            let scans = listed.scans.filter { scan in
                scan.files.first.map { ScanVolume.Kind(of: $0) != .pictures } == true
                    && (only.map { scan.id.contains($0) } ?? true)
            }
            guard !scans.isEmpty else {
                throw ValidationError(
                    "no NIfTI or DICOM scan to look at; pictures have no spacing")
            }
            let progress = TerminalProgress(directory: nil)
            let meter = ProgressMeter(
                stage: "finding lungs", unit: "scans", total: scans.count, report: progress.update)
            var table = "scan,millilitres,first_slice,last_slice,slices,warnings\n"
            var cropped: [ScanReference] = []
            for (done, scan) in scans.enumerated() {
                let paths = scan.files.map { listed.root.isEmpty ? $0 : "\(listed.root)/\($0)" }
                let volume = try ScanVolume(paths, series: scan.series).volume
                let lungs = LungSegmentation.lungs(of: volume)
                let name = scan.id.split(separator: "/").joined(separator: "_")
                    .replacing(".nii.gz", with: "").replacing(".nii", with: "")
                for part in ["masks", "montages"] + (crop == nil ? [] : ["volumes"]) {
                    try FileManager.default.createDirectory(
                        atPath: "\(output)/\(part)", withIntermediateDirectories: true)
                }
                try NIfTIWriter.write(
                    Volume(geometry: lungs.geometry, voxels: lungs.mask.map { Float($0) }),
                    as: .uint8, to: "\(output)/masks/\(name).nii.gz")
                try LungMontage.write(
                    volume, mask: lungs.mask, to: "\(output)/montages/\(name).png")
                let slices = lungs.box.map { ($0[0].lowerBound, $0[0].upperBound - 1) }
                table += "\(scan.id),\(Int(lungs.millilitres.rounded())),"
                table += "\(slices.map { "\($0.0),\($0.1)" } ?? ","),\(volume.size.depth),"
                table += lungs.warnings.joined(separator: "; ") + "\n"
                if let crop, let cut = lungs.cropped(volume, margin: crop, blanking: blank) {
                    try NIfTIWriter.write(cut, as: .int16, to: "\(output)/volumes/\(name).nii.gz")
                    let file = "volumes/\(name).nii.gz"
                    cropped.append(
                        ScanReference(
                            id: file, patient: scan.patient, label: scan.label,
                            classIndex: scan.classIndex, files: [file], split: scan.split,
                            origin: scan.origin))
                }
                meter.update(done + 1, remark: scan.id)
            }
            try Data(table.utf8).write(to: URL(fileURLWithPath: "\(output)/lungs.csv"))
            if crop != nil {
                try Data(ManifestWriter.table(cropped).utf8)
                    .write(to: URL(fileURLWithPath: "\(output)/labels.csv"))
            }
            print("\(scans.count) scans in \(output); look at the pictures in \(output)/montages")
        }
    }
}
