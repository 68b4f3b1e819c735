import CTData
import Foundation
import ImageCodecs
import RunConfiguration
import Safetensors
import Tensors

/// One reader under attack.
///
/// Whatever the bytes are, it returns or throws; a crash is a finding.
enum FuzzTarget: String, CaseIterable {
    case png
    case tiff
    case nifti
    case niftiGzip = "nifti-gz"
    case dicom
    case safetensors
    case manifestJSON = "manifest-json"
    case manifestCSV = "manifest-csv"

    /// The ending that makes the program choose this reader.
    var ending: String {
        switch self {
        case .png: "png"
        case .tiff: "tif"
        case .nifti: "nii"
        case .niftiGzip: "nii.gz"
        case .dicom: "dcm"
        case .safetensors: "safetensors"
        case .manifestJSON: "json"
        case .manifestCSV: "csv"
        }
    }

    /// Smaller than the program's, so that an execution takes microseconds.
    private static let limits = DecodingLimits(
        fileBytes: 1 << 22, sliceBytes: 1 << 22, pixels: 1 << 18, voxels: 1 << 18)
    private static let classes = ["a": 0, "b": 1]

    /// Reads a file and uses what came out, as the program would.
    func read(_ path: String) {
        do {
            switch self {
            case .png, .tiff:
                let picture = try PictureReader.read(path, limits: Self.limits)
                precondition(picture.pixels.count == picture.width * picture.height)
            case .nifti, .niftiGzip:
                let volume = try NIfTIReader.read(path, limits: Self.limits).axialVolume()
                precondition(volume.voxels.count == volume.size.count)
            case .dicom:
                let scan = try DICOMScanReader.read([path], folder: "fuzz", limits: Self.limits)
                precondition(scan.volume.voxels.count == scan.volume.size.count)
            case .safetensors:
                let file = try SafetensorsFile(path: path)
                for (name, entry) in file.tensors where entry.type == .float32 {
                    _ = try file.elements(
                        of: name, as: Float.self, in: 0..<entry.shape.reduce(1, *))
                }
            case .manifestJSON:
                let manifest = try Manifest.read(
                    paperJSON: path, root: "r", classes: Self.classes, split: "train",
                    missing: .ignore)
                check(manifest)
            case .manifestCSV:
                check(
                    try Manifest.read(
                        table: path, root: "r", classes: Self.classes, missing: .ignore))
            }
        } catch {
            precondition(!"\(error)".isEmpty)
        }
    }

    private func check(_ manifest: Manifest) {
        for scan in manifest.scans {
            precondition(!scan.files.isEmpty && (0...1).contains(scan.classIndex))
            for file in scan.files {
                let parts = file.split(separator: "/", omittingEmptySubsequences: false)
                precondition(!file.hasPrefix("/") && !parts.contains(".."), "leaves its root")
            }
        }
        _ = ManifestStatistics(manifest)
    }
}
