package import ImageCodecs
import Tensors

/// Slices of a scan with the border of its lungs, for a person to look at.
package enum LungMontage {
    /// Writes a picture of at most 20 slices, five in a row, from the lowest to the highest.
    ///
    /// - Parameters:
    ///   - volume: The scan in Hounsfield units, shown from -1350 to 150 HU.
    ///   - mask: 1 in the lungs.
    ///   - path: The PNG file.
    ///   - tileWidth: Columns of one slice.
    /// - Throws: `ImageCodecError/unwritable`.
    package static func write(
        _ volume: Volume, mask: [UInt8], to path: String, tileWidth: Int = 256
    ) throws(ImageCodecError) {
        let size = volume.size
        let spacing = volume.geometry.spacingInMillimetres
        let ratio = Double(size.height) * spacing[1] / (Double(size.width) * spacing[2])
        let tileHeight = max(1, Int((Double(tileWidth) * ratio).rounded()))
        let count = min(20, size.depth)
        let columns = min(5, count)
        let bands = (count + columns - 1) / columns
        let gap = 3
        let (width, height) = (columns * (tileWidth + gap), bands * (tileHeight + gap))
        var rgb = [UInt8](repeating: 24, count: 3 * width * height)
        for tile in 0..<count {
            let slice = count == 1 ? size.depth / 2 : tile * (size.depth - 1) / (count - 1)
            let left = tile % columns * (tileWidth + gap)
            let top = tile / columns * (tileHeight + gap)
            func isLung(_ x: Int, _ y: Int) -> Bool {
                let column = min(max(x, 0) * size.width / tileWidth, size.width - 1)
                let row = min(max(y, 0) * size.height / tileHeight, size.height - 1)
                return mask[(slice * size.height + row) * size.width + column] == 1
            }
            for y in 0..<tileHeight {
                for x in 0..<tileWidth {
                    let row = y * size.height / tileHeight
                    let column = x * size.width / tileWidth
                    let value = volume.voxels[(slice * size.height + row) * size.width + column]
                    let grey = UInt8(min(max((value + 1350) / 1500, 0), 1) * 255)
                    let inside = isLung(x, y)
                    let isBorder =
                        inside != isLung(x + 1, y) || inside != isLung(x, y + 1)
                    let place = 3 * ((top + y) * width + left + x)
                    rgb[place] = isBorder ? 255 : grey
                    rgb[place + 1] = isBorder ? 170 : grey
                    rgb[place + 2] =
                        isBorder ? 40 : inside ? min(255, grey &+ (255 - grey) / 5) : grey
                }
            }
        }
        try PNGEncoder.write(rgb: rgb, width: width, height: height, to: path)
    }
}
