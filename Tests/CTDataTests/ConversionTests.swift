import CTData
import Foundation
import ImageCodecs
import Tensors
import TestSupport
import Testing

@Suite("Conversion to pictures")
struct ConversionTests {
    let folder: TemporaryFolder
    let volume: Volume

    init() throws {
        folder = try TemporaryFolder()
        let size = VolumeSize(3, 4, 5)
        volume = Volume(
            geometry: VolumeGeometry(axial: size, spacingInMillimetres: [2, 1, 0.5]),
            voxels: (0..<size.count).map { Float($0 * 50 - 1500) })
        try NIfTIWriter.write(volume, as: .int16, to: folder.file("v.nii"))
    }

    @Test("uses one window for all slices and says which", arguments: [8, 16])
    func window(bits: Int) throws {
        let export = try PictureExport(low: -1250, high: 250, bits: bits)
        let output = folder.file("out\(bits)")
        let scan = try ScanVolume(contentsOf: folder.file("v.nii"))
        #expect(try export.write(scan, source: "v.nii", to: output) == 3)
        let sidecar = try #require(
            try JSONSerialization.jsonObject(
                with: Data(contentsOf: URL(filePath: "\(output)/window.json"))) as? [String: Any])
        let window = try #require(sidecar["window"] as? [Double])
        let maximum = try #require(sidecar["maximum"] as? Double)
        #expect(window == [-1250, 250] && maximum == (bits == 8 ? 255 : 65535))
        #expect(sidecar["spacingInMillimetres"] as? [Double] == [2, 1, 0.5])
        for slice in 0..<3 {
            let picture = try PictureReader.read("\(output)/000\(slice).png")
            #expect(picture.sample == (bits == 8 ? .uint8 : .uint16))
            for (pixel, voxel) in zip(picture.pixels, volume.voxels[(slice * 20)...]) {
                let restored = window[0] + Double(pixel) * (window[1] - window[0]) / maximum
                let wanted = min(max(Double(voxel), -1250), 250)
                // Half a step of the smaller depth is 3 Hounsfield units.
                #expect(abs(restored - wanted) <= 1500 / maximum / 2 + 1e-9)
            }
        }
    }

    @Test("into a folder with files, or with a window upside down, is refused")
    func refused() throws {
        let export = try PictureExport(low: 0, high: 1, bits: 8)
        let scan = try ScanVolume(contentsOf: folder.file("v.nii"))
        #expect(throws: ShardError.self) {
            try export.write(scan, source: "", to: folder.path)
        }
        #expect(throws: ShardError.self) { try PictureExport(low: 5, high: 5, bits: 8) }
        #expect(throws: ShardError.self) { try PictureExport(low: 0, high: 5, bits: 12) }
        #expect(throws: ImageCodecError.self) { try ScanVolume(contentsOf: folder.path) }
    }
}
