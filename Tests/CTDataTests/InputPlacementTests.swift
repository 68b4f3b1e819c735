import CTData
import Foundation
import ImageCodecs
import RunConfiguration
import Tensors
import Testing

@Suite("The placement of a scan in its input")
struct InputPlacementTests {
    /// A scan whose intensity is ten times the index along one axis (slice, row, column).
    private func ramp(_ axis: Int) -> (volume: Volume, size: VolumeSize) {
        let size = VolumeSize(20, 36, 28)
        var voxels: [Float] = []
        for slice in 0..<size.depth {
            for row in 0..<size.height {
                for column in 0..<size.width {
                    voxels.append(Float(10 * [slice, row, column][axis]))
                }
            }
        }
        let geometry = VolumeGeometry(axial: size, spacingInMillimetres: [2.5, 0.8, 0.9])
        return (Volume(geometry: geometry, voxels: voxels), size)
    }

    /// Where the placement puts a voxel, the input holds that voxel's intensity.
    @Test(
        "is where the loader puts every voxel",
        arguments: InputConfiguration.Mode.allCases, [0, 1, 2])
    func inverse(mode: InputConfiguration.Mode, axis: Int) throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "voxelnas-placement-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (volume, size) = ramp(axis)
        try NIfTIWriter.write(volume, as: .int16, to: folder + "/ramp.nii")
        var input = InputConfiguration()
        (input.depth, input.height, input.width) = (8, 24, 16)
        input.mode = mode
        input.spacingInMillimetres = [3, 1.1, 1.3]
        input.window = [-1000, 1000]
        input.normalization = .unit
        let scan = try #require(try ScanFinder.scans(at: folder).first)
        let volumes = try VolumeSet(reading: scan, root: "", input: input)
        let loader = try BatchLoader(volumes, input: input, seed: 1)
        let values = try loader.batch(scans: [0], epoch: 0, augmented: false)
        let placement = InputPlacement(
            of: volumes.scans[0].measured.original,
            selected: loader.slices(ofScan: 0, epoch: 0, augmented: false), input: input)
        let places = [placement.slices, placement.rows, placement.columns][axis]
        #expect(places.count == [size.depth, size.height, size.width][axis])
        let counts = [input.depth, input.height, input.width]
        let step = [input.height * input.width, input.width, 1][axis]
        let centre = counts.enumerated().reduce(0) { sum, entry in
            let stride = [input.height * input.width, input.width, 1][entry.offset]
            return entry.offset == axis ? sum : sum + entry.element / 2 * stride
        }
        var seen = 0
        for (index, place) in places.enumerated() {
            guard let place, place >= 1, place <= Double(counts[axis] - 2) else { continue }
            let low = Int(place)
            func hounsfield(_ position: Int) -> Double {
                Double(values[centre + position * step]) * 2000 - 1000
            }
            let found =
                hounsfield(low) + (place - Double(low)) * (hounsfield(low + 1) - hounsfield(low))
            #expect(abs(found - Double(10 * index)) < 1)
            seen += 1
        }
        #expect(seen >= 5)
    }

    @Test("knows the slices between and beyond the chosen ones, and copies")
    func slices() throws {
        func places(_ count: Int, _ selected: [Int]) throws -> [Double?] {
            var input = InputConfiguration()
            input.depth = selected.count
            let text = """
                {"slices": \(count), "rows": 8, "columns": 8, "spacingInMillimetres": [],
                 "isOriented": true, "mean": 0, "standardDeviation": 0, "minimum": 0,
                 "maximum": 0, "notNumbers": 0, "fileBytes": 0}
                """
            let original = try JSONDecoder().decode(
                MeasuredScan.Original.self, from: Data(text.utf8))
            return InputPlacement(of: original, selected: selected, input: input).slices
        }
        #expect(try places(9, [2, 4, 6]) == [nil, 0, 0, 0.5, 1, 1.5, 2, 2, nil])
        #expect(try places(3, [0, 0, 1, 1, 1, 2]) == [0.5, 3, 5])
        #expect(try places(2, [0]) == [0, nil])
    }
}

@Suite("The scan finder")
struct ScanFinderTests {
    private func folder(_ files: [String]) throws -> String {
        let root = FileManager.default.temporaryDirectory
            .appending(path: "voxelnas-finder-\(UUID().uuidString)").path
        for file in files {
            let url = URL(filePath: root + "/" + file)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data().write(to: url)
        }
        return root
    }

    @Test("takes volumes and folders of slices at any depth, slices by number")
    func finds() throws {
        let root = try folder([
            "b.nii.gz", "notes.txt", "a/scan/slice10.png", "a/scan/slice2.png", "a/c.nii",
            ".hidden/d.nii",
        ])
        defer { try? FileManager.default.removeItem(atPath: root) }
        let scans = try ScanFinder.scans(at: root + "/")
        #expect(scans.map(\.id) == ["a/c.nii", "a/scan", "b.nii.gz"])
        #expect(
            scans[1].files == ["\(root)/a/scan/slice2.png", "\(root)/a/scan/slice10.png"])
        #expect(try ScanFinder.scans(at: root + "/a/scan").map(\.id) == ["scan"])
        #expect(try ScanFinder.scans(at: root + "/b.nii.gz").map(\.id) == ["b.nii.gz"])
    }

    @Test("takes every DICOM series, of one folder or of many, and no scout views")
    func dicom() throws {
        let root = try folder(["p/one/notes.txt", "p/two/DICOMDIR"])
        defer { try? FileManager.default.removeItem(atPath: root) }
        func write(_ file: String, _ series: String, isLocalizer: Bool = false) throws {
            var slice = DICOMFile()
            slice.series = series
            if isLocalizer { slice.imageType = "ORIGINAL\\PRIMARY\\LOCALIZER" }
            try Data(slice.bytes).write(to: URL(filePath: "\(root)/p/\(file)"))
        }
        try write("one/IM10", "1.2")
        try write("one/IM2.dcm", "1.2")
        try write("one/SCOUT", "1.1", isLocalizer: true)
        try write("two/A", "1.10")
        try write("two/B", "1.9")
        let scans = try ScanFinder.scans(at: root)
        #expect(scans.map(\.id) == ["p/one", "p/two#1.9", "p/two#1.10"])
        #expect(scans[1].files == ["\(root)/p/two/B"])
        #expect(
            scans[0].files == [
                "\(root)/p/one/IM2.dcm", "\(root)/p/one/IM10", "\(root)/p/one/SCOUT",
            ])
        #expect(try ScanFinder.scans(at: root + "/p/one").map(\.id) == ["one"])
        #expect(try ScanFinder.scans(at: root + "/p/two/A").map(\.id) == ["A"])
        let read = try ScanVolume(scans[2].files, series: scans[2].series)
        #expect(read.volume.size.depth == 1)
    }

    @Test("says what is missing")
    func refuses() throws {
        let root = try folder(["notes.txt"])
        defer { try? FileManager.default.removeItem(atPath: root) }
        for path in [root, root + "/notes.txt", root + "/absent"] {
            #expect(throws: ManifestError.self) { try ScanFinder.scans(at: path) }
        }
    }
}
