import Foundation
import ImageCodecs
import Tensors
import TestSupport
import Testing

@Suite("DICOM series")
struct DICOMTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Slices at z = 30, 32, … whose samples are all `100 * place + index`, under shuffled names.
    private func write(
        _ places: [Int], _ name: String = "s", change: (inout DICOMFile, Int) -> Void = { _, _ in }
    ) throws -> [String] {
        try places.map { place in
            var file = DICOMFile()
            file.position = "-10\\-20\\\(30 + 2 * place)"
            file.instance = "\(place + 1)"
            file.samples = (0..<20).map { UInt16(100 * place + $0) }
            change(&file, place)
            return try folder.write(file.bytes, "\(name)\((place * 7 + 3) % 10).dcm")
        }
    }

    private func read(_ paths: [String], series: String? = nil) throws -> DICOMScanReader.Scan {
        try DICOMScanReader.read(paths, series: series, folder: folder.path)
    }

    private func refusal(_ paths: [String], series: String? = nil) throws -> String {
        let error = try #require(throws: ImageCodecError.self) {
            try read(paths, series: series)
        }
        #expect("\(error)".contains(folder.path))
        return "\(error)"
    }

    @Test("come out from feet to head in Hounsfield units, whatever the files are called")
    func order() throws {
        let scan = try read(try write([3, 0, 2, 1]))
        #expect(scan.volume.size == VolumeSize(4, 4, 5))
        #expect(scan.volume.voxels[0] == -1024)
        var expected: [Float] = []
        for place in 0..<4 {
            for index in 0..<20 { expected.append(Float(100 * place + index) - 1024) }
        }
        #expect(scan.volume.voxels == expected)
        #expect(scan.volume.geometry.spacingInMillimetres == [2, 0.5, 0.75])
        let affine: [Double] = [-0.75, 0, 0, 10, 0, -0.5, 0, 20, 0, 0, 2, 30]
        #expect(scan.volume.geometry.affine == affine)
        #expect(scan.isOriented && scan.findings.isEmpty)
    }

    @Test("of a patient who lies prone or head to the other side are turned")
    func turned() throws {
        let plain = try read(try write([0, 1]))
        // Rows run to the right and to the front: both axes of a slice are reversed.
        let prone = try read(
            try write([0, 1], "p") { file, place in
                file.orientation = "-1\\0\\0\\0\\-1\\0"
                file.position = "-7\\-18.5\\\(30 + 2 * place)"
                file.samples.reverse()
            })
        #expect(prone.volume.voxels == plain.volume.voxels)
        #expect(prone.volume.geometry == plain.volume.geometry)
    }

    @Test("apply each slice's own slope and intercept, and read padding as air")
    func values() throws {
        let scan = try read(
            try write([0, 1]) { file, place in
                file.isSigned = true
                file.bitsStored = 16
                file.padding = UInt16(bitPattern: -2000)
                file.rescale = (place == 0 ? "1" : "0.5", "\(-10 * place)")
                file.samples[0] = UInt16(bitPattern: -2000)
                file.samples[1] = UInt16(bitPattern: -7)
            })
        #expect(Array(scan.volume.voxels[0..<3]) == [-1024, -7, 2])
        #expect(Array(scan.volume.voxels[20..<23]) == [-1024, -13.5, 41])
        #expect(scan.findings == [.padding(share: 0.05)])
    }

    @Test("take only the stored bits, with their sign")
    func storedBits() throws {
        let scan = try read(
            try write([0]) { file, _ in
                file.isSigned = true
                file.samples[0] = 0x0fff
                file.samples[1] = 0xf801
            })
        #expect(Array(scan.volume.voxels[0..<2]) == [-1025, -1024 - 2047])
    }

    @Test("packed by run lengths are the same as unpacked")
    func runLengths() throws {
        let plain = try read(try write([0, 1, 2]))
        let packed = try read(
            try write([0, 1, 2], "r") { file, _ in file.transferSyntax = "1.2.840.10008.1.2.5" })
        #expect(packed.volume == plain.volume)
    }

    @Test("with run lengths that lead out of their pixel data are refused, and name the file")
    func lyingRunLengths() throws {
        var file = DICOMFile()
        file.transferSyntax = "1.2.840.10008.1.2.5"
        let bytes = file.bytes
        let header: [UInt8] = [2, 0, 0, 0, 64, 0, 0, 0]
        let start = try #require(
            bytes.indices.last { bytes[$0...].starts(with: header) })
        #expect(try DICOMReader.slice(folder.write(bytes, "good.dcm")).samples.count > 0)
        // The number of segments; where they begin; the controls of both runs.
        let second = Int(bytes[start + 8])
        for (place, value) in [
            (0, 1), (0, 3), (3, 127), (4, 0), (7, 127), (8, 0), (10, 1), (11, 127), (64, 127),
            (64, 129), (64, 128), (second, 127), (second, 129),
        ] as [(Int, UInt8)] {
            var changed = bytes
            changed[start + place] = value
            let path = try folder.write(changed, "runs.dcm")
            let error = try #require(throws: ImageCodecError.self, "\(place): \(value)") {
                try DICOMReader.slice(path)
            }
            #expect(error.file == path && "\(error)".contains("run"))
        }
    }

    @Test("with gaps, tilt, duplicates or scout views say so")
    func findings() throws {
        let gap = try read(try write([0, 1, 3, 4], "g"))
        #expect(gap.findings.count == 1 && gap.findings[0].breaksDistances)
        #expect("\(gap.findings[0])".contains("4 mm"))

        let tilt = try read(
            try write([0, 1, 2], "t") { file, place in
                file.position = "-10\\\(-20 + place)\\\(30 + 2 * place)"
            })
        #expect(tilt.findings.count == 1 && "\(tilt.findings[0])".contains("26.57°"))

        var files = try write([0, 1, 2], "d")
        let copy = try write([1], "e")
        let duplicate = try read(files + copy)
        #expect(duplicate.findings.map(\.description).joined().contains("1 slices"))
        #expect(duplicate.volume.size.depth == 3)

        files += try write([5], "l") { file, _ in
            file.imageType = "ORIGINAL\\PRIMARY\\LOCALIZER"
            file.series = "9.9"
            file.rows = 2
            file.columns = 2
            file.samples = [1, 2, 3, 4]
        }
        let scout = try read(files)
        #expect(scout.findings == [.localizers(count: 1)])
        #expect(scout.files.count == 3)
    }

    @Test("with a dose report beside them are read without it; alone it is refused")
    func doseReport() throws {
        let files = try write([0, 1])
        var report = DICOMFile()
        report.frames = 3
        let path = try folder.write(report.bytes, "report.dcm")
        let scan = try read(files + [path])
        #expect(scan.findings == [.foreignFiles(count: 1, example: "report.dcm")])
        #expect(scan.volume.size.depth == 2)
        #expect(try refusal([path]).contains("frames"))
    }

    @Test("of one place with other pixels are refused")
    func mixedAcquisitions() throws {
        let files = try write([0, 1, 2])
        let other = try write([1], "o") { file, _ in file.samples[3] += 1 }
        #expect(try refusal(files + other).contains("same place"))
    }

    @Test("of several series are read by name only")
    func manySeries() throws {
        let first = try write([0, 1, 2])
        let second = try write([0, 1], "o") { file, _ in
            file.series = "4.5"
            file.seriesNumber = "8"
        }
        let message = try refusal(first + second)
        #expect(message.contains("1.2.3") && message.contains("4.5"))
        #expect(try read(first + second, series: "4.5").volume.size.depth == 2)
        #expect(try read(first + second, series: "7").volume.size.depth == 3)
        #expect(try refusal(first + second, series: "6").contains("'6'"))
    }

    @Test(
        "that are no one scan are refused with what differs",
        arguments: [
            "sizes", "patients", "orientations", "pixel spacings", "rescale values", "modality",
            "RescaleSlope", "order is not known",
        ])
    func mixed(what: String) throws {
        let files = try write([0, 1]) { file, place in
            switch what {
            case "sizes" where place == 1: (file.rows, file.columns) = (5, 4)
            case "patients" where place == 1: file.patient = "q"
            case "orientations" where place == 1: file.orientation = "0\\1\\0\\1\\0\\0"
            case "pixel spacings" where place == 1: file.spacing = "0.6\\0.75"
            case "rescale values" where place == 1: file.rescale = nil
            case "modality": file.modality = "MR"
            case "RescaleSlope": file.rescale = nil
            case "order is not known": (file.position, file.instance) = (nil, nil)
            default: break
            }
        }
        #expect(try refusal(files).contains(what))
    }

    @Test("without positions are in the order of their numbers, and their distances are not known")
    func numbers() throws {
        let scan = try read(try write([2, 0, 1]) { file, _ in file.position = nil })
        #expect(scan.volume.voxels[20] == -924)
        #expect(!scan.isOriented)
        #expect(scan.findings == [.noPosition(order: "InstanceNumber")])
    }

    @Test("in folders are told from other files by their content")
    func folders() throws {
        let paths = try write([0, 1])
        _ = try folder.write(Array("hello".utf8), "notes.txt")
        _ = try folder.write(DICOMFile().bytes, "DICOMDIR")
        let found = try DICOMScanReader.files(in: folder.path)
        #expect(found.dicom == paths.map { String($0.split(separator: "/").last ?? "") }.sorted())
        #expect(found.others == ["notes.txt"])
        #expect(throws: ImageCodecError.self) {
            try DICOMScanReader.files(in: folder.file("nowhere"))
        }
    }

    @Test("cut anywhere are refused, and name the file")
    func truncation() throws {
        let bytes = DICOMFile().bytes
        for length in 0..<bytes.count {
            let path = try folder.write(Array(bytes.prefix(length)), "cut.dcm")
            let error = try #require(throws: ImageCodecError.self, "\(length) bytes") {
                try DICOMReader.slice(path)
            }
            #expect(error.file == path)
        }
    }

    @Test("with changed bytes neither crash nor take memory")
    func mutation() throws {
        let bytes = DICOMFile().bytes
        var stream = RandomStream(seed: 3, name: "mutation")
        for _ in 0..<2000 {
            var changed = bytes
            for _ in 0..<4 {
                changed[132 + stream.next(below: bytes.count - 132)] = UInt8(
                    truncatingIfNeeded: stream.next())
            }
            let path = try folder.write(changed, "changed.dcm")
            let slice = try? DICOMReader.slice(path)
            #expect((slice?.samples.count ?? 0) <= 16 << 20)
        }
    }

    @Test("that nest without end are refused")
    func nesting() throws {
        var bytes = DICOMFile().bytes
        let end = bytes.count - 52
        let sequence: [UInt8] =
            [0x08, 0, 0x40, 0x11, 0x53, 0x51, 0, 0, 255, 255, 255, 255, 0xfe, 0xff, 0, 0xe0]
            + [255, 255, 255, 255]
        bytes.replaceSubrange(
            end..., with: Array(repeating: sequence, count: 100_000).flatMap { $0 })
        let path = try folder.write(bytes, "deep.dcm")
        let error = try #require(throws: ImageCodecError.self) { try DICOMReader.slice(path) }
        #expect("\(error)".contains("items"))
    }

    @Test(
        "in JPEG 2000 are refused with the program that decompresses them",
        arguments: ["JPEG 2000", "gdcmconv", "j.dcm"])
    func unsupported(word: String) throws {
        var file = DICOMFile()
        file.transferSyntax = "1.2.840.10008.1.2.4.90"
        let path = try folder.write(file.bytes, "j.dcm")
        let error = try #require(throws: ImageCodecError.self) { try DICOMReader.slice(path) }
        #expect("\(error)".contains(word))
    }
}
