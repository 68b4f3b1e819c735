import CTData
internal import Foundation
import ImageCodecs
import Tensors

/// Slices of a scan as pictures within a page.
struct SlicePictures {
    private let listed: ListedScans
    private let size = 176

    init(_ listed: ListedScans) { self.listed = listed }

    /// A row of slices, the found ones marked; empty when the scan cannot be read.
    func strip(position: Int, slices: [Int], marked: Set<Int>) -> String {
        let scan = listed.scans[position]
        let root = listed.root.isEmpty ? "" : listed.root + "/"
        var figures: [String] = []
        let volume: Volume? =
            scan.files.first.flatMap {
                NIfTIReader.reads($0) ? try? NIfTIReader.read(root + $0).axialVolume() : nil
            }
        for slice in slices {
            let caption: String
            let data: String?
            if let volume, volume.size.depth > slice {
                let area = volume.size.height * volume.size.width
                data = picture(
                    Array(volume.voxels[(slice * area)..<((slice + 1) * area)]),
                    rows: volume.size.height, columns: volume.size.width, scale: .hounsfield)
                caption = "slice \(slice)"
            } else if volume == nil, scan.files.indices.contains(slice) {
                let read = try? PictureReader.read(root + scan.files[slice])
                data = read.flatMap {
                    picture($0.pixels, rows: $0.height, columns: $0.width, scale: GreyScale($0))
                }
                caption = scan.files[slice].split(separator: "/").last.map(String.init) ?? ""
            } else {
                continue
            }
            let image =
                data.map { "<img alt=\"\" src=\"data:image/png;base64,\($0)\">" }
                ?? "<img alt=\"not readable\">"
            figures.append(
                "<figure\(marked.contains(slice) ? " class=\"found\"" : "")>\(image)"
                    + "<figcaption>\(HTMLPage.escaped(caption))</figcaption></figure>")
        }
        return "<div class=\"strip\">\(figures.joined())</div>"
    }

    /// A slice as PNG in base 64, at most 176 pixels wide.
    private func picture(
        _ pixels: [Float], rows: Int, columns: Int, scale: GreyScale
    ) -> String? {
        let factor = max(1, (columns + size - 1) / size)
        let (height, width) = (max(1, rows / factor), max(1, columns / factor))
        var grey: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                var sum: Float = 0
                for row in 0..<min(factor, rows) {
                    for column in 0..<min(factor, columns) {
                        sum += scale(pixels[(y * factor + row) * columns + x * factor + column])
                    }
                }
                grey.append(
                    UInt8((sum / Float(min(factor, rows) * min(factor, columns)) * 255).rounded()))
            }
        }
        let path = FileManager.default.temporaryDirectory.path + "/slice-\(UUID().uuidString).png"
        defer { try? FileManager.default.removeItem(atPath: path) }
        guard (try? PNGEncoder.write(gray: grey, width: width, height: height, to: path)) != nil,
            let bytes = try? FileBytes.read(path, limit: 1 << 24)
        else { return nil }
        return Data(bytes).base64EncodedString()
    }
}
