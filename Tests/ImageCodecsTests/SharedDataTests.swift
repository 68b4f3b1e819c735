import Digests
import Foundation
import ImageCodecs
import Tensors
import TestSupport
import Testing

@Suite("The developers' files", .enabled(if: SharedData.folder != nil, "\(SharedData.skipped)"))
struct SharedDataTests {
    struct Expected {
        let file: String
        let isReadable: Bool
        let detail: String
    }

    private static func expected() throws -> [Expected] {
        let text = try String(
            contentsOfFile: "\(SharedData.folder ?? "")/data/robustness/expected.csv",
            encoding: .utf8)
        return text.split(whereSeparator: \.isNewline).dropFirst().map { line in
            var fields: [String] = [""]
            var isQuoted = false
            for character in line {
                if character == "\"" {
                    isQuoted.toggle()
                } else if character == ",", !isQuoted {
                    fields.append("")
                } else {
                    fields[fields.count - 1].append(character)
                }
            }
            return Expected(file: fields[0], isReadable: fields[4] == "ok", detail: fields[5])
        }
    }

    /// The number after a word such as `min=`.
    private static func number(_ name: String, _ detail: String) -> Double? {
        detail.split(separator: " ").first { $0.hasPrefix(name + "=") }
            .flatMap { Double($0.dropFirst(name.count + 1)) }
    }

    /// The extents in the parentheses.
    private static func shape(_ detail: String) -> [Int] {
        guard let open = detail.firstIndex(of: "("), let close = detail.firstIndex(of: ")") else {
            return []
        }
        return detail[detail.index(after: open)..<close].split(separator: ",")
            .compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
    }

    @Test("that are odd or broken are read as the reference reads them, or refused")
    func robustness() throws {
        var equal = 0
        var refused = 0
        for row in try Self.expected() {
            let path = "\(SharedData.folder ?? "")/data/robustness/\(row.file)"
            let values: [Float]
            let shape: [Int]
            let isGray: Bool
            do {
                if row.file.hasPrefix("nifti") {
                    let image = try NIfTIReader.read(path)
                    (values, shape, isGray) = (image.voxels, image.dimensions, true)
                } else if row.file.hasPrefix("dicom") {
                    let slice = try DICOMReader.slice(path)
                    values = slice.samples.map { Float($0) }
                    shape = [slice.header.rows, slice.header.columns]
                    // Lossy JPEG of 12 bits, whose last bit the standard leaves open.
                    isGray = !row.file.hasSuffix("JPGExtended.dcm")
                } else {
                    let picture = try PictureReader.read(path)
                    (values, shape) = (picture.pixels, [picture.height, picture.width])
                    // Palettes and 1, 2 and 4-bit grey are stretched; only plain grey compares.
                    isGray =
                        row.file.hasPrefix("tiff")
                        ? Self.shape(row.detail).count == 2
                        : row.detail.hasPrefix("L ") || row.detail.hasPrefix("I;16")
                }
            } catch {
                #expect("\(error)".contains(path))
                #expect("\(error)".count > path.count + 10)
                refused += 1
                continue
            }
            #expect(row.isReadable, "\(row.file) should be refused: \(row.detail)")
            guard isGray else { continue }
            equal += 1
            let expectedShape = Self.shape(row.detail)
            #expect(shape == Array(expectedShape.prefix(shape.count)), "\(row.file)")
            let finite = values.filter(\.isFinite).map(Double.init)
            let mean = finite.reduce(0, +) / Double(finite.count)
            for (name, found) in [("min", finite.min()), ("max", finite.max()), ("mean", mean)] {
                let wanted = try #require(Self.number(name, row.detail))
                #expect(
                    abs((found ?? 0) - wanted) <= 1e-4 * max(1, abs(wanted)), "\(row.file) \(name)")
            }
        }
        print("robustness: \(equal) files equal to the reference, \(refused) refused")
        #expect(equal >= 100)
    }

    @Test("that are valid grey pictures and NIfTI volumes are all read")
    func validFiles() throws {
        for file in [
            "nifti/nibabel/anatomical.nii", "nifti/nibabel/standard.nii.gz",
            "nifti/nibabel/resampled_anat_moved.nii", "nifti/totalsegmentator/example_ct_sm.nii.gz",
            "nifti/derived/float32_nan.nii.gz", "nifti/derived/uint8.nii.gz",
            "nifti/derived/four_d_singleton.nii.gz", "nifti/derived/scl_slope2_inter-1024.nii.gz",
            "nifti/derived/rotated_affine.nii.gz", "nifti/derived/big_endian.nii.gz",
        ] {
            _ = try NIfTIReader.read("\(SharedData.folder ?? "")/data/robustness/\(file)")
        }
        for file in [
            "tiff/derived/valid_u16.tif", "tiff/derived/big_endian.tif",
            "tiff/derived/lzw_predictor.tif", "tiff/derived/int16_signed_hu.tif",
            "tiff/pillow/16bit.MM.deflate.tif", "tiff/pillow/10ct_32bit_128.tiff",
            "tiff/pillow/hopper_lzma.tif", "tiff/pillow/tiff_tiled_planar_16bit_RGBa.tiff",
            "tiff/pillow/tiff_tiled_ycbcr_jpeg_2x2_sampling.tif", "tiff/libtiff/quad-tile.jpg.tiff",
            "png/derived/gray16.png", "png/pngsuite/basi0g16.png", "png/pngsuite/basn3p04.png",
        ] {
            _ = try PictureReader.read("\(SharedData.folder ?? "")/data/robustness/\(file)")
        }
    }

    @Test("of a permuted and an unpermuted NIfTI give the same axial volume")
    func permuted() throws {
        let folder = "\(SharedData.folder ?? "")/data/robustness/nifti/derived"
        let plain = try NIfTIReader.read("\(folder)/big_endian.nii.gz").axialVolume()
        let permuted = try NIfTIReader.read("\(folder)/rotated_affine.nii.gz").axialVolume()
        #expect(plain.size == permuted.size)
        #expect(plain.voxels == permuted.voxels)
    }

    private struct Reference: Decodable {
        let dicom: [Slice]
        let nifti: [Volume]
        let png: [Picture]
        let tiff16: [Picture]

        struct Slice: Decodable {
            let file: String
            let transfer_syntax: String
            let order_in_series: Int
            let stored_min: Int32
            let stored_max: Int32
            let hu_mean: Double
            let sha256_stored_u16le: String
        }

        struct Volume: Decodable {
            let file: String
            let shape_xyz: [Int]
            let spacing: [Double]
            let hu_min: Float
            let hu_max: Float
            let hu_mean: Double
            let sha256_voxels_le: String
        }

        struct Picture: Decodable {
            let file: String
            let min: Float?
            let max: Float?
            let mean: Double
            let sha256_u8: String?
            let sha256_u16le: String?
        }
    }

    private static func sha256<Value: FixedWidthInteger>(_ values: [Float], _ type: Value.Type)
        -> String
    {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count * 2)
        for value in values {
            let integer = Int(value)
            bytes.append(UInt8(truncatingIfNeeded: integer))
            if Value.bitWidth == 16 { bytes.append(UInt8(truncatingIfNeeded: integer >> 8)) }
        }
        return SHA256.hex(bytes)
    }

    private static func reference() throws -> (folder: String, Reference) {
        let folder = "\(SharedData.folder ?? "")/data/covid_ct_md"
        return (
            folder,
            try JSONDecoder().decode(
                Reference.self, from: Data(contentsOf: URL(filePath: "\(folder)/reference.json")))
        )
    }

    private static func mean(_ values: [Float]) -> Double {
        values.reduce(0) { $0 + Double($1) } / Double(values.count)
    }

    @Test("of real chest CTs decode to the reference's voxels in every format")
    func chestScans() throws {
        let (folder, reference) = try Self.reference()
        for volume in reference.nifti {
            let image = try NIfTIReader.read("\(folder)/\(volume.file)")
            #expect(image.dimensions == volume.shape_xyz)
            for (found, wanted) in zip(image.spacingInMillimetres, volume.spacing) {
                #expect(abs(found - wanted) < 1e-5)
            }
            #expect(
                Self.sha256(image.voxels, Int16.self) == volume.sha256_voxels_le, "\(volume.file)")
            #expect(image.voxels.min() == volume.hu_min && image.voxels.max() == volume.hu_max)
            #expect(abs(Self.mean(image.voxels) - volume.hu_mean) < 1e-4)
        }
        for picture in reference.png {
            let pixels = try PictureReader.read("\(folder)/\(picture.file)").pixels
            #expect(Self.sha256(pixels, UInt8.self) == picture.sha256_u8, "\(picture.file)")
            #expect(abs(Self.mean(pixels) - picture.mean) < 1e-4)
        }
        for picture in reference.tiff16 {
            let pixels = try PictureReader.read("\(folder)/\(picture.file)").pixels
            #expect(Self.sha256(pixels, UInt16.self) == picture.sha256_u16le, "\(picture.file)")
            #expect(pixels.min() == picture.min && pixels.max() == picture.max)
            #expect(abs(Self.mean(pixels) - picture.mean) < 1e-4)
        }
    }

    @Test("of DICOM slices decode to the reference's samples in every transfer syntax")
    func dicomSlices() throws {
        let (folder, reference) = try Self.reference()
        #expect(Set(reference.dicom.map(\.transfer_syntax)).count == 4)
        for expected in reference.dicom {
            let slice = try DICOMReader.slice("\(folder)/\(expected.file)")
            #expect(slice.header.transferSyntax == expected.transfer_syntax)
            #expect(slice.samples.min() == expected.stored_min, "\(expected.file)")
            #expect(slice.samples.max() == expected.stored_max, "\(expected.file)")
            #expect(
                Self.sha256(slice.samples.map { Float($0) }, UInt16.self)
                    == expected.sha256_stored_u16le, "\(expected.file)")
        }
    }

    @Test("of DICOM series come out in anatomical order and in Hounsfield units")
    func dicomSeries() throws {
        let (folder, reference) = try Self.reference()
        let groups = Dictionary(grouping: reference.dicom) {
            $0.file.split(separator: "/").dropLast().joined(separator: "/")
        }
        #expect(groups.count == 6)
        for (name, slices) in groups {
            let names = try DICOMScanReader.files(in: "\(folder)/\(name)").dicom
            let scan = try DICOMScanReader.read(
                names.map { "\(folder)/\(name)/\($0)" }, folder: name)
            let sorted = slices.sorted { $0.order_in_series < $1.order_in_series }
            #expect(scan.files == sorted.map { "\(folder)/\($0.file)" })
            #expect(scan.findings.isEmpty && scan.isOriented)
            #expect(abs(scan.volume.geometry.spacingInMillimetres[0] - 2) < 1e-3)
            let area = scan.volume.size.height * scan.volume.size.width
            for (index, slice) in sorted.enumerated() {
                let values = Array(scan.volume.voxels[(index * area)..<((index + 1) * area)])
                #expect(abs(Self.mean(values) - slice.hu_mean) < 1e-4, "\(slice.file)")
            }
        }
    }
}
