import CTData
import Foundation
import ImageCodecs
import RunConfiguration
import Synchronization
import Tensors
import TestSupport
import Testing

@Suite("Packed scans")
struct ShardTests {
    let folder: TemporaryFolder
    let scans: [ScanReference]
    let nifti: [ScanReference]
    var input = InputConfiguration()

    /// 35 scans of 2 to 5 8-bit slices, the last of 44; pixel = a function of scan, slice, row and column.
    init() throws {
        let folder = try TemporaryFolder()
        self.folder = folder
        scans = try (0..<35).map { scan in
            let files = try (0..<Self.sliceCount(scan)).map { slice in
                let name = "s\(scan)-\(slice).png"
                try PNGEncoder.write(
                    gray: Self.picture(scan, slice), width: 10, height: 10, to: folder.file(name))
                return name
            }
            return ScanReference(
                id: "scan\(scan)", patient: "p\(scan)", label: "a", classIndex: scan % 2,
                files: files,
                split: "train", origin: "line \(scan)")
        }
        nifti = try (0..<3).map { scan in
            let size = VolumeSize(6, 10, 10)
            var stream = RandomStream(seed: 9, name: "volume", counters: UInt32(scan))
            let volume = Volume(
                geometry: VolumeGeometry(axial: size, spacingInMillimetres: [2, 1, 1]),
                voxels: (0..<size.count).map { _ in Float(stream.next(below: 3000) - 1500) })
            try NIfTIWriter.write(volume, as: .int16, to: folder.file("v\(scan).nii.gz"))
            return ScanReference(
                id: "volume\(scan)", patient: "v\(scan)", label: "a", classIndex: 0,
                files: ["v\(scan).nii.gz"], split: "train", origin: "line \(scan)")
        }
        input.depth = 8
        input.height = 8
        input.width = 8
        input.normalization = .unit
    }

    private static func sliceCount(_ scan: Int) -> Int { scan == 34 ? 44 : 2 + scan % 4 }

    private static func picture(_ scan: Int, _ slice: Int) -> [UInt8] {
        (0..<100).map { UInt8(truncatingIfNeeded: scan * 31 + slice * 17 + $0 * 3) }
    }

    private func pack(_ scans: [ScanReference], _ name: String = "shards") throws -> VolumeSet {
        try ShardPacker.pack(scans, root: folder.path, input: input, into: folder.file(name))
    }

    private func files(_ name: String) throws -> [String: [UInt8]] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.file(name))
        return Dictionary(
            uniqueKeysWithValues: try names.map { ($0, try folder.bytes("\(name)/\($0)")) })
    }

    @Test("hold every slice, cropped, in the order of the list")
    func content() throws {
        let volumes = try pack(scans)
        #expect(volumes.scans.map(\.id) == scans.map(\.id))
        #expect(volumes.scans.map(\.measured.storedSlices) == (0..<35).map { Self.sliceCount($0) })
        // 10 pixels at ratio 1.25 are not resized, only cropped.
        for (scan, slice) in [(0, 0), (33, 2), (34, 43)] {
            let picture = Self.picture(scan, slice)
            let expected = (0..<64).map { Float(picture[($0 / 8 + 1) * 10 + $0 % 8 + 1]) }
            #expect(try volumes.slice(slice, ofScan: scan) == expected)
        }
        let original = volumes.scans[3].measured.original
        let pixels = (0..<5).flatMap { Self.picture(3, $0) }.map(Double.init)
        #expect(original.slices == 5 && original.rows == 10 && original.columns == 10)
        #expect(abs(original.mean - pixels.reduce(0, +) / 500) < 1e-9)
        #expect(original.minimum == pixels.min() && original.maximum == pixels.max())
        #expect(try volumes.index(of: "scan7") == 7)
        #expect(throws: ShardError.self) { try volumes.index(of: "scan99") }
    }

    @Test("are the same bytes from run to run and from folder to folder")
    func deterministic() throws {
        let first = try pack(scans, "a")
        let second = try pack(scans, "b")
        #expect(try files("a") == files("b"))
        #expect(first.fingerprint == second.fingerprint)
        #expect(try VolumeSet(folder: folder.file("a")).fingerprint == first.fingerprint)
        #expect(try pack(scans.dropLast(), "c").fingerprint != first.fingerprint)
    }

    @Test("are the same bytes for any number of threads", arguments: [1, 2, 3, 7])
    func threads(count: Int) throws {
        _ = try pack(scans + nifti, "one")
        let volumes = try ShardPacker.pack(
            scans + nifti, root: folder.path, input: input, into: folder.file("many"),
            threads: count)
        #expect(volumes.scans.map(\.id) == (scans + nifti).map(\.id))
        #expect(try files("many") == files("one"))
    }

    @Test("count every scan once and forwards while they are packed")
    func progress() throws {
        let seen = Mutex<[Int]>([])
        _ = try ShardPacker.pack(
            scans, root: folder.path, input: input, into: folder.file("shards"), threads: 4
        ) { progress in
            seen.withLock { $0.append(progress.done) }
        }
        #expect(seen.withLock { $0 } == Array(1...scans.count))
    }

    @Test("name the first scan that fails, whichever thread finds it, and keep finished shards")
    func failure() throws {
        _ = try folder.write([1, 2, 3], "s33-0.png")
        _ = try folder.write([1, 2, 3], "s34-0.png")
        let error = try #require(throws: ShardError.self) {
            try ShardPacker.pack(
                scans, root: folder.path, input: input, into: folder.file("shards"), threads: 2)
        }
        #expect("\(error)".contains("scan33") && "\(error)".contains("s33-0.png"))
        #expect(FileManager.default.fileExists(atPath: folder.file("shards/shard-00000.json")))
        #expect(!FileManager.default.fileExists(atPath: folder.file("shards/index.json")))
    }

    @Test("are made again only where files or settings changed")
    mutating func resume() throws {
        _ = try pack(scans)
        let before = try files("shards")
        let read = Mutex<[String]>([])
        func packAgain() throws -> [String] {
            read.withLock { $0 = [] }
            _ = try ShardPacker.pack(
                scans, root: folder.path, input: input, into: folder.file("shards")
            ) { progress in
                if let scan = progress.scan { read.withLock { $0.append(scan) } }
            }
            return read.withLock { $0 }
        }
        #expect(try packAgain().isEmpty)
        // A damaged shard is found by its checksum, a changed source by its size.
        try FileManager.default.removeItem(atPath: folder.file("shards/shard-00001.json"))
        #expect(try packAgain().sorted() == scans[32...].map(\.id).sorted())
        var shard = try #require(before["shard-00000.safetensors"])
        shard[shard.count - 1] ^= 1
        _ = try folder.write(shard, "shards/shard-00000.safetensors")
        #expect(try packAgain().count == 32)
        #expect(try files("shards") == before)
        try PNGEncoder.write(
            gray: [UInt8](repeating: 9, count: 100), width: 10, height: 10,
            to: folder.file("s34-0.png"))
        #expect(try packAgain().count == 3)
        input.resize = .nearest
        #expect(try packAgain().count == 35)
    }

    @Test("with a damaged source name it and leave nothing half-written")
    func damage() throws {
        let bytes = try folder.bytes("s5-2.png")
        _ = try folder.write(Array(bytes.prefix(60)), "s5-2.png")
        let error = try #require(throws: ShardError.self) { try pack(scans) }
        #expect("\(error)".contains("scan5") && "\(error)".contains("s5-2.png"))
        #expect("\(error)".contains("line 5"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("shards")).isEmpty)
    }

    @Test("with slices of two sizes are refused")
    func mixedSizes() throws {
        try PNGEncoder.write(
            gray: [UInt8](repeating: 0, count: 99), width: 11, height: 9,
            to: folder.file("s1-2.png"))
        let error = try #require(throws: ShardError.self) { try pack(scans) }
        #expect("\(error)".contains("s1-2.png") && "\(error)".contains("11×9"))
    }

    @Test("that were changed on disk are refused")
    func checksum() throws {
        _ = try pack(nifti)
        var shard = try folder.bytes("shards/shard-00000.safetensors")
        shard[shard.count - 1] ^= 1
        _ = try folder.write(shard, "shards/shard-00000.safetensors")
        #expect(
            throws: ShardError.wrongChecksum(path: folder.file("shards/shard-00000.safetensors"))
        ) {
            try VolumeSet(folder: folder.file("shards"))
        }
    }

    @Test("of pictures cannot be cut in millimetres")
    mutating func physicalPictures() throws {
        input.mode = .physical
        let error = try #require(throws: ShardError.self) { try pack(scans) }
        #expect("\(error)".contains("spacing"))
    }

    @Test("of other settings are refused by the loader")
    mutating func otherSettings() throws {
        let volumes = try pack(scans)
        input.width = 10
        #expect(throws: ShardError.otherSettings(folder: volumes.folder)) {
            try BatchLoader(volumes, input: input, seed: 1)
        }
    }

    @Test("load the same sample whatever else is in the batch")
    mutating func independence() throws {
        input.normalization = .zScore
        let loader = try BatchLoader(try pack(scans), input: input, seed: 7)
        let together = try loader.batch(scans: [3, 34, 12], epoch: 2, augmented: true)
        let alone = try loader.batch(scans: [34], epoch: 2, augmented: true)
        #expect(Array(together[512..<1024]) == alone)
        #expect(try loader.batch(scans: [34], epoch: 3, augmented: true) != alone)
        let other = try BatchLoader(loader.volumes, input: input, seed: 8)
        #expect(try other.batch(scans: [34], epoch: 2, augmented: true) != alone)
        let mean = alone.reduce(0) { $0 + Double($1) } / 512
        let square = alone.reduce(0) { $0 + Double($1) * Double($1) } / 512
        #expect(abs(mean) < 1e-5 && abs(square - 1) < 1e-3)
    }

    @Test("load the symmetric slices without flips for evaluation")
    func evaluation() throws {
        let loader = try BatchLoader(try pack(scans), input: input, seed: 7)
        let sample = try loader.batch(scans: [34], epoch: 5, augmented: false)
        let slices = loader.slices(ofScan: 34, epoch: 5, augmented: false)
        #expect(slices == [6, 11, 16, 21, 26, 31, 36, 41])
        for (position, slice) in slices.enumerated() {
            let expected = try loader.volumes.slice(slice, ofScan: 34).map { $0 / 255 }
            for (a, b) in zip(sample[(position * 64)...], expected) { #expect(abs(a - b) < 1e-6) }
        }
    }

    @Test("flip along each axis", arguments: [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]])
    func flips(axes: [Double]) throws {
        var input = input
        input.trainingSlices = .symmetric
        input.flips = axes
        let loader = try BatchLoader(try pack(scans), input: input, seed: 7)
        let plain = try loader.batch(scans: [20], epoch: 0, augmented: false)
        let flipped = try loader.batch(scans: [20], epoch: 0, augmented: true)
        for z in 0..<8 {
            for y in 0..<8 {
                for x in 0..<8 {
                    let source = [(z, axes[0]), (y, axes[1]), (x, axes[2])]
                        .reduce(0) { $0 * 8 + ($1.1 == 1 ? 7 - $1.0 : $1.0) }
                    #expect(flipped[(z * 8 + y) * 8 + x] == plain[source])
                }
            }
        }
    }

    @Test("move by at most the voxels of the settings, repeating the border")
    func shifts() throws {
        var input = input
        input.trainingSlices = .symmetric
        input.flips = [0, 0, 0]
        input.shifts = [0, 0, 2]
        let loader = try BatchLoader(try pack(scans), input: input, seed: 7)
        let plain = try loader.batch(scans: [20], epoch: 0, augmented: false)
        var seen: Set<Int> = []
        for epoch in 0..<40 {
            let moved = try loader.batch(scans: [20], epoch: UInt32(epoch), augmented: true)
            let offset = (-2...2).first { offset in
                plain.indices.allSatisfy { index in
                    let column = min(max(index % 8 - offset, 0), 7)
                    return moved[index] == plain[index - index % 8 + column]
                }
            }
            seen.insert(try #require(offset))
        }
        #expect(seen == [-2, -1, 0, 1, 2])
    }

    @Test("flip with the probability of the settings")
    mutating func flipRate() throws {
        input.trainingSlices = .symmetric
        let loader = try BatchLoader(try pack(Array(scans.prefix(1))), input: input, seed: 7)
        let plain = try loader.batch(scans: [0], epoch: 0, augmented: false)
        let count = (0..<1000).reduce(0) { count, epoch in
            let sample = try? loader.batch(scans: [0], epoch: UInt32(epoch), augmented: true)
            return count + (sample == plain ? 1 : 0)
        }
        // No flip with probability 0.75 · 0.75; the sd of 1,000 draws is 15.7.
        #expect(abs(count - 562) < 79)
    }

    @Test("of volumes give the window in Hounsfield units and padding at its low end")
    mutating func window() throws {
        input.mode = .physical
        input.spacingInMillimetres = [2, 1, 1]
        input.window = [-500, 500]
        let volumes = try pack(nifti)
        let loader = try BatchLoader(volumes, input: input, seed: 1)
        let mask = try BatchLoader(volumes, input: input, seed: 1, content: .paddingMask)
        let sample = try loader.batch(scans: [1], epoch: 0, augmented: false)
        let padding = try mask.batch(scans: [1], epoch: 0, augmented: false)
        let source = try NIfTIReader.read(folder.file("v1.nii.gz")).axialVolume()
        for z in 0..<8 {
            for y in 0..<8 {
                for x in 0..<8 {
                    let index = (z * 8 + y) * 8 + x
                    let isInside = (1..<7).contains(z)
                    let value =
                        isInside ? source.voxels[((z - 1) * 10 + y + 1) * 10 + x + 1] : -1000
                    #expect(abs(sample[index] - min(max((value + 500) / 1000, 0), 1)) < 1e-6)
                    #expect(padding[index] == (isInside ? 0 : 1))
                }
            }
        }
        #expect(volumes.scans[1].measured.paddingShare == 0.25)
        #expect(volumes.scans[1].measured.original.spacingInMillimetres == [2, 1, 1])
    }

    @Test("normalised over the training list have its mean and deviation")
    mutating func dataset() throws {
        input.normalization = .dataset
        let volumes = try pack(nifti)
        #expect(throws: ShardError.self) { try BatchLoader(volumes, input: input, seed: 1) }
        let statistics = try IntensityStatistics(measuring: [0, 1, 2], of: volumes, input: input)
        input.depth = 6
        let loader = try BatchLoader(volumes, input: input, seed: 1, statistics: statistics)
        let batch = try loader.batch(scans: [0, 1, 2], epoch: 0, augmented: false)
        let mean = batch.reduce(0) { $0 + Double($1) } / Double(batch.count)
        let square = batch.reduce(0) { $0 + Double($1) * Double($1) } / Double(batch.count)
        #expect(abs(mean) < 1e-5 && abs(square - 1) < 1e-3)
    }

    @Test("of 16-bit TIFF keep all of the range")
    mutating func sixteenBits() throws {
        let values: [UInt16] = [0, 4095, 32767, 32768, 65535]
        let pixels = (0..<100).map { values[$0 % 5] }
        try TIFFEncoder.write(gray16: pixels, width: 10, height: 10, to: folder.file("t.tif"))
        let scan = ScanReference(
            id: "t", patient: "t", label: "a", classIndex: 0, files: ["t.tif"], split: "",
            origin: "")
        let volumes = try pack([scan])
        let expected = (0..<64).map { Float(pixels[($0 / 8 + 1) * 10 + $0 % 8 + 1]) }
        #expect(try volumes.slice(0, ofScan: 0) == expected)
        let loader = try BatchLoader(volumes, input: input, seed: 1)
        let sample = try loader.batch(scans: [0], epoch: 0, augmented: false)
        #expect(sample[0] == 1 && sample[4] == 0)
        input.rawRange = [0, 65535]
        let wide = try BatchLoader(volumes, input: input, seed: 1)
        #expect(
            abs(try wide.batch(scans: [0], epoch: 0, augmented: false)[0] - 4095 / 65535) < 1e-6)
    }
}
