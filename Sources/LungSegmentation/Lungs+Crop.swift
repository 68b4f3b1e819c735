package import ImageCodecs
import Tensors

extension LungSegmentation.Lungs {
    /// The scan cut to the lungs' box.
    ///
    /// - Parameters:
    ///   - volume: The scan that was segmented.
    ///   - margin: Millimetres that stay on every side, as far as the scan goes.
    ///   - isBlanking: Whether everything outside the lungs becomes -1000 HU.
    /// - Returns: The cut scan, placed as it lies in the patient; `nil` without lungs.
    package func cropped(
        _ volume: Volume, margin: Double, blanking isBlanking: Bool = false
    ) -> Volume? {
        guard let box else { return nil }
        let extents = [volume.size.depth, volume.size.height, volume.size.width]
        let spacing = volume.geometry.spacingInMillimetres
        let ranges = (0..<3).map { axis in
            let more = Int((margin / spacing[axis]).rounded(.up))
            return max(
                0, box[axis].lowerBound - more)..<min(
                    extents[axis], box[axis].upperBound + more)
        }
        var voxels: [Float] = []
        for z in ranges[0] {
            for y in ranges[1] {
                for x in ranges[2] {
                    let index = (z * extents[1] + y) * extents[2] + x
                    voxels.append(isBlanking && mask[index] == 0 ? -1000 : volume.voxels[index])
                }
            }
        }
        var geometry = volume.geometry
        geometry.size = VolumeSize(ranges[0].count, ranges[1].count, ranges[2].count)
        // The affine's columns are columns, rows, slices.
        let first = [ranges[2].lowerBound, ranges[1].lowerBound, ranges[0].lowerBound]
        for row in 0..<3 {
            for axis in 0..<3 {
                geometry.affine[row * 4 + 3] +=
                    geometry.affine[row * 4 + axis] * Double(first[axis])
            }
        }
        return Volume(geometry: geometry, voxels: voxels)
    }
}
