import Foundation
import ImageCodecs
import Tensors
import TestSupport
import Testing

@Suite("NIfTI volumes")
struct NIfTITests {
    let folder: TemporaryFolder
    let volume: Volume

    init() throws {
        folder = try TemporaryFolder()
        let size = VolumeSize(3, 4, 5)
        volume = Volume(
            geometry: VolumeGeometry(axial: size, spacingInMillimetres: [2.5, 0.75, 0.5]),
            voxels: (0..<size.count).map { Float($0 * 7 - 100) })
    }

    @Test("come back in the axial order that they were written in", arguments: ["nii", "nii.gz"])
    func roundTrip(ending: String) throws {
        let path = folder.file("a.\(ending)")
        for sample in [NIfTIWriter.Sample.int16, .float32] {
            try NIfTIWriter.write(volume, as: sample, to: path)
            let image = try NIfTIReader.read(path)
            #expect(image.isOriented)
            #expect(image.isInteger == (sample == .int16))
            #expect(image.axialVolume() == volume)
        }
        try NIfTIWriter.write(volume, as: .uint8, to: path)
        #expect(
            try NIfTIReader.read(path).axialVolume().voxels
                == volume.voxels.map { min(max($0, 0), 255) })
    }

    /// Every assignment of file axes to patient axes, and every reversal.
    static let orientations: [([Int], [Double])] = [
        [0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0],
    ].flatMap { order in
        (0..<8).map { bits in (order, (0..<3).map { bits >> $0 & 1 == 1 ? -1.0 : 1 }) }
    }

    @Test("of all 48 orientations become the same axial volume", arguments: orientations)
    func reorients(order: [Int], signs: [Double]) throws {
        // Axis `order[p]` of the file runs along patient axis p, right, anterior, superior.
        let extents = [5, 4, 3]
        let spacing = [0.5, 0.75, 2.5]
        var stored = [0, 0, 0]
        var affine = [Double](repeating: 0, count: 12)
        for patient in 0..<3 {
            stored[order[patient]] = extents[patient]
            affine[patient * 4 + order[patient]] = signs[patient] * spacing[patient]
            affine[patient * 4 + 3] =
                signs[patient] * -spacing[patient] * Double(extents[patient] - 1) / 2
        }
        var voxels = [Float](repeating: 0, count: 60)
        for k in 0..<stored[2] {
            for j in 0..<stored[1] {
                for i in 0..<stored[0] {
                    let index = [i, j, k]
                    // Position along right, anterior, superior; the volume runs left, posterior.
                    let place = (0..<3).map { patient in
                        signs[patient] > 0
                            ? index[order[patient]] : extents[patient] - 1 - index[order[patient]]
                    }
                    voxels[(k * stored[1] + j) * stored[0] + i] =
                        volume.voxels[(place[2] * 4 + 3 - place[1]) * 5 + 4 - place[0]]
                }
            }
        }
        // A file in this order, written as if its first axis were the columns.
        let geometry = VolumeGeometry(
            size: VolumeSize(stored[2], stored[1], stored[0]), spacingInMillimetres: [1, 1, 1],
            affine: affine)
        try NIfTIWriter.write(
            Volume(geometry: geometry, voxels: voxels), as: .float32, to: folder.file("a.nii"))
        let image = try NIfTIReader.read(folder.file("a.nii"))
        #expect(image.dimensions == stored)
        let axial = image.axialVolume()
        #expect(axial.voxels == volume.voxels)
        #expect(axial.geometry == volume.geometry)
        let back = image.volume(fromAxial: axial.voxels)
        #expect(back.voxels == voxels)
        #expect(back.geometry.affine == image.affine)
        #expect(back.size == geometry.size)
    }

    @Test("cut anywhere are refused", arguments: ["nii", "nii.gz"])
    func truncation(ending: String) throws {
        try NIfTIWriter.write(volume, as: .int16, to: folder.file("a.\(ending)"))
        let bytes = try folder.bytes("a.\(ending)")
        for length in 0..<bytes.count {
            let cut = try folder.write(Array(bytes.prefix(length)), "cut.\(ending)")
            #expect(throws: ImageCodecError.self, "\(length) bytes") { try NIfTIReader.read(cut) }
        }
    }

    @Test("with a wrong checksum are refused")
    func checksum() throws {
        try NIfTIWriter.write(volume, as: .int16, to: folder.file("a.nii.gz"))
        var bytes = try folder.bytes("a.nii.gz")
        bytes[bytes.count - 6] ^= 1
        let path = try folder.write(bytes, "b.nii.gz")
        #expect(throws: ImageCodecError.self) { try NIfTIReader.read(path) }
    }

    @Test("with changed headers neither crash nor take memory")
    func mutation() throws {
        try NIfTIWriter.write(volume, as: .int16, to: folder.file("a.nii"))
        let bytes = try folder.bytes("a.nii")
        var stream = RandomStream(seed: 2, name: "mutation")
        for _ in 0..<2000 {
            var changed = bytes
            for _ in 0..<4 {
                changed[stream.next(below: 352)] = UInt8(truncatingIfNeeded: stream.next())
            }
            let path = try folder.write(changed, "changed.nii")
            let image = try? NIfTIReader.read(path)
            _ = image?.axialVolume()
            #expect((image?.voxels.count ?? 0) <= 120)
        }
    }

    @Test("of both byte orders and of NIfTI-2 are the same")
    func byteOrders() throws {
        try NIfTIWriter.write(volume, as: .int16, to: folder.file("a.nii"))
        let first = try folder.bytes("a.nii")
        func value(_ offset: Int, _ size: Int) -> [UInt8] { Array(first[offset..<(offset + size)]) }
        var big = first
        func swap(_ offset: Int, _ size: Int) {
            big.replaceSubrange(offset..<(offset + size), with: value(offset, size).reversed())
        }
        swap(0, 4)
        for offset in stride(from: 40, to: 56, by: 2) { swap(offset, 2) }
        for offset in [70, 72, 252, 254] { swap(offset, 2) }
        for offset in [76, 80, 84, 88, 108, 112, 116] + stride(from: 280, to: 328, by: 4) {
            swap(offset, 4)
        }
        for offset in stride(from: 352, to: first.count, by: 2) { swap(offset, 2) }
        let swapped = try NIfTIReader.read(try folder.write(big, "big.nii"))
        #expect(swapped.axialVolume() == volume)

        var second = [UInt8](repeating: 0, count: 544)
        func put<Value: FixedWidthInteger>(_ value: Value, _ offset: Int) {
            for byte in 0..<MemoryLayout<Value>.size {
                second[offset + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte))
            }
        }
        put(Int32(540), 0)
        second.replaceSubrange(4..<12, with: [0x6e, 0x2b, 0x32, 0, 0x0d, 0x0a, 0x1a, 0x0a])
        put(Int16(4), 12)
        put(Int16(16), 14)
        for (index, extent) in [3, 5, 4, 3, 1, 1, 1, 1].enumerated() {
            put(Int64(extent), 16 + 8 * index)
        }
        for index in 0..<4 { put(Double(1).bitPattern, 104 + 8 * index) }
        put(Int64(544), 168)
        put(Int32(1), 348)
        for (index, entry) in volume.geometry.affine.enumerated() {
            put(entry.bitPattern, 400 + 8 * index)
        }
        let path = try folder.write(second + first[352...], "second.nii")
        #expect(try NIfTIReader.read(path).axialVolume() == volume)
    }

    @Test("are refused above the limit by their header")
    func limit() throws {
        try NIfTIWriter.write(volume, as: .int16, to: folder.file("a.nii.gz"))
        let error = try #require(throws: ImageCodecError.self) {
            try NIfTIReader.read(folder.file("a.nii.gz"), limits: DecodingLimits(voxels: 59))
        }
        guard case .tooLarge = error else {
            Issue.record("\(error)")
            return
        }
    }
}
