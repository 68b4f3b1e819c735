internal import FoundationEssentials
import ImageCodecs
internal import Tensors

/// Writes a volume as PNG slices, one window for all of it.
///
/// A window for each slice would make the same tissue brighter in one slice than in the next; here
/// what is written can be turned back into Hounsfield units, and `window.json` says how.
package struct PictureExport: Hashable, Sendable {
    /// The Hounsfield units that become 0.
    package let low: Double
    /// The Hounsfield units that become the largest number.
    package let high: Double
    /// 8 or 16.
    package let bits: Int

    /// An export of the given window.
    ///
    /// - Throws: ``ShardError/badSettings(_:)`` for a window or a depth that make no sense.
    package init(low: Double, high: Double, bits: Int) throws(ShardError) {
        guard low.isFinite, high.isFinite, low < high else {
            throw .badSettings("the window \(low),\(high) should be two numbers, the lower first")
        }
        guard bits == 8 || bits == 16 else {
            throw .badSettings("\(bits) bits; pictures have 8 or 16")
        }
        self.low = low
        self.high = high
        self.bits = bits
    }

    /// The name of the file that says how pictures become Hounsfield units again.
    package static let sidecar = "window.json"

    private struct Sidecar: Encodable {
        let source: String
        let slices: Int
        let rows: Int
        let columns: Int
        let spacingInMillimetres: [Double]
        let window: [Double]
        let bits: Int
        let maximum: Int
        let hounsfield: String
        let order: String
        let findings: [String]
    }

    /// The largest number of a pixel.
    package var maximum: Int { bits == 8 ? 255 : 65535 }

    /// The pixel of a number of Hounsfield units; what is no number is as air.
    package func pixel(_ value: Float) -> Int {
        guard value.isFinite else { return 0 }
        let share = (Double(value) - low) / (high - low)
        return Int((min(max(share, 0), 1) * Double(maximum)).rounded())
    }

    /// Writes `0000.png` and so on from feet to head, and `window.json`.
    ///
    /// - Parameters:
    ///   - scan: The scan.
    ///   - source: What to call it in `window.json`.
    ///   - folder: Where the slices go; made when it is missing, refused when it has files.
    /// - Returns: The number of slices.
    /// - Throws: ``ShardError/file(path:reason:)``.
    package func write(
        _ scan: ScanVolume, source: String, to folder: String
    ) throws(ShardError) -> Int {
        let size = scan.volume.size
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
            guard try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty else {
                throw ShardError.file(path: folder, reason: "not empty; name a new folder")
            }
            let area = size.height * size.width
            for slice in 0..<size.depth {
                let pixels = scan.volume.voxels[(slice * area)..<((slice + 1) * area)].map(pixel)
                let digits = String(slice)
                let path =
                    "\(folder)/" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
                    + ".png"
                if bits == 8 {
                    try PNGEncoder.write(
                        gray: pixels.map { UInt8($0) }, width: size.width, height: size.height,
                        to: path)
                } else {
                    try PNGEncoder.write(
                        gray16: pixels.map { UInt16($0) }, width: size.width,
                        height: size.height, to: path)
                }
            }
        } catch let error as ShardError {
            throw error
        } catch {
            throw .file(path: folder, reason: "\(error)")
        }
        try JSON.write(
            Sidecar(
                source: source, slices: size.depth, rows: size.height, columns: size.width,
                spacingInMillimetres: scan.volume.geometry.spacingInMillimetres,
                window: [low, high], bits: bits, maximum: maximum,
                hounsfield: "window[0] + pixel * (window[1] - window[0]) / maximum",
                order: "feet to head; rows from front to back, columns from right to left",
                findings: scan.findings),
            to: "\(folder)/\(Self.sidecar)")
        return size.depth
    }
}
