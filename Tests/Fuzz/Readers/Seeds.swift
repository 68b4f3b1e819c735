import Foundation
import ImageCodecs
import Safetensors
import Tensors

/// Small valid files to start from.
enum Seeds {
    static func write(_ target: FuzzTarget, to folder: String) throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        func path(_ name: String) -> String { "\(folder)/\(name).\(target.ending)" }
        func put(_ bytes: [UInt8], _ name: String) throws {
            try Data(bytes).write(to: URL(filePath: path(name)))
        }
        switch target {
        case .png:
            try PNGEncoder.write(
                gray: (0..<64).map { UInt8($0) }, width: 8, height: 8, to: path("grey8"))
            try PNGEncoder.write(
                gray16: (0..<64).map { $0 * 999 }, width: 8, height: 8, to: path("grey16"))
            try PNGEncoder.write(
                rgb: (0..<192).map { UInt8($0) }, width: 8, height: 8, to: path("colour"))
        case .tiff:
            try TIFFEncoder.write(
                gray16: (0..<64).map { $0 * 999 }, width: 8, height: 8, to: path("grey16"))
        case .nifti, .niftiGzip:
            let size = VolumeSize(2, 3, 4)
            let volume = Volume(
                geometry: VolumeGeometry(axial: size, spacingInMillimetres: [2, 1, 1]),
                voxels: (0..<24).map { Float($0) })
            try NIfTIWriter.write(volume, as: .uint8, to: path("uint8"))
            try NIfTIWriter.write(volume, as: .int16, to: path("int16"))
            try NIfTIWriter.write(volume, as: .float32, to: path("float32"))
        case .dicom:
            var file = DICOMFile()
            try put(file.bytes, "unsigned")
            file.isSigned = true
            file.padding = 7
            try put(file.bytes, "signed")
            for (name, syntax) in [
                ("jpeg", "1.2.840.10008.1.2.4.70"), ("jpeg-ls", "1.2.840.10008.1.2.4.80"),
                ("rle", "1.2.840.10008.1.2.5"), ("implicit", "1.2.840.10008.1.2"),
            ] {
                file.transferSyntax = syntax
                try put(file.bytes, name)
            }
        case .safetensors:
            try SafetensorsWriter.write(
                path: path("two"),
                floats: [("a", [2, 3], [1, 2, 3, 4, 5, 6]), ("b", [1], [7])],
                metadata: ["key": "value"])
        case .manifestJSON:
            try put(Array(#"{"a": {"p": {"1": ["0.png", "1.png"]}, "q": {}}, "b": {}}"#.utf8), "a")
            try put(Array(#"{"b": {"p": {"1": ["study_1.nii.gz"]}}}"#.utf8), "b")
        case .manifestCSV:
            try put(Array("file,label,patient_id,split\nx.nii,a,p,train\n".utf8), "a")
            try put(
                Array("file,label,patient_id,series\r\n\"x, \"\"y\"\"\",1,p,1.2\r\n".utf8), "b")
        }
    }
}
