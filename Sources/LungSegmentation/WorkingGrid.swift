import ImageCodecs
import Tensors

/// A scan with rows and columns coarse enough to work on: 1.5 mm or more.
struct WorkingGrid {
    let size: VolumeSize
    let spacing: [Double]
    let voxels: [Float]
    private let factor: Int
    private let original: VolumeSize

    init(_ volume: Volume) {
        let pixel = volume.geometry.spacingInMillimetres.suffix(2).min() ?? 1
        factor = max(1, Int((1.8 / max(pixel, 0.05)).rounded(.down)))
        original = volume.size
        size = VolumeSize(
            original.depth, max(1, original.height / factor), max(1, original.width / factor))
        spacing = zip(volume.geometry.spacingInMillimetres, [1, factor, factor]).map {
            $0 * Double($1)
        }
        guard factor > 1 else {
            voxels = volume.voxels
            return
        }
        var means: [Float] = []
        means.reserveCapacity(size.count)
        for z in 0..<size.depth {
            for y in 0..<size.height {
                for x in 0..<size.width {
                    var sum: Float = 0
                    for row in 0..<factor {
                        let start =
                            (z * original.height + y * factor + row) * original.width + x * factor
                        for index in start..<(start + factor) { sum += volume.voxels[index] }
                    }
                    means.append(sum / Float(factor * factor))
                }
            }
        }
        voxels = means
    }

    /// Means over three rows and three columns of a slice: the densities with less noise.
    func smoothedInSlices() -> [Float] {
        var result = voxels
        for z in 0..<size.depth {
            for y in 0..<size.height {
                for x in 0..<size.width {
                    var (sum, count): (Float, Float) = (0, 0)
                    for row in max(0, y - 1)...min(size.height - 1, y + 1) {
                        for column in max(0, x - 1)...min(size.width - 1, x + 1) {
                            sum += voxels[(z * size.height + row) * size.width + column]
                            count += 1
                        }
                    }
                    result[(z * size.height + y) * size.width + x] = sum / count
                }
            }
        }
        return result
    }

    /// A set on the scan's own grid.
    func enlarged(_ set: BinaryVolume) -> [UInt8] {
        var mask: [UInt8] = []
        mask.reserveCapacity(original.count)
        for z in 0..<original.depth {
            for y in 0..<original.height {
                let row = (z * size.height + min(y / factor, size.height - 1)) * size.width
                for x in 0..<original.width {
                    mask.append(set.voxels[row + min(x / factor, size.width - 1)] ? 1 : 0)
                }
            }
        }
        return mask
    }
}
