package import ImageCodecs
package import Tensors

/// Resamples a volume to a spacing in millimetres and cuts a block about its centre.
///
/// Trilinear, antialiased along each axis that gets coarser. Where the block reaches beyond the
/// scan, it is padding: the voxels repeat the scan's border and the mask says 1. The loader turns
/// padding into the low end of its window.
package struct PhysicalResampling: Sendable {
    /// The block's extents.
    package let size: VolumeSize
    /// Millimetres between its voxels: slices, rows, columns.
    package let spacingInMillimetres: [Double]

    /// A block of the given size and spacing.
    package init(size: VolumeSize, spacingInMillimetres: [Double]) {
        precondition(spacingInMillimetres.count == 3 && spacingInMillimetres.allSatisfy { $0 > 0 })
        self.size = size
        self.spacingInMillimetres = spacingInMillimetres
    }

    /// The block, `[D, H, W]`, and where it is padding (1) and where scan (0).
    package func callAsFunction(_ volume: Volume) -> (voxels: [Float], padding: [UInt8]) {
        let input = volume.size
        let spacing = volume.geometry.spacingInMillimetres
        let depth = AxisResampling(
            inputCount: input.depth, inputSpacing: spacing[0], spacing: spacingInMillimetres[0],
            count: size.depth)
        let rows = AxisResampling(
            inputCount: input.height, inputSpacing: spacing[1], spacing: spacingInMillimetres[1],
            count: size.height)
        let columns = AxisResampling(
            inputCount: input.width, inputSpacing: spacing[2], spacing: spacingInMillimetres[2],
            count: size.width)
        var voxels = columns.apply(
            volume.voxels, outer: input.depth * input.height, inputCount: input.width, inner: 1)
        voxels = rows.apply(
            voxels, outer: input.depth, inputCount: input.height, inner: size.width)
        voxels = depth.apply(
            voxels, outer: 1, inputCount: input.depth, inner: size.height * size.width)
        var padding = [UInt8](repeating: 0, count: size.count)
        var index = 0
        for slice in 0..<size.depth {
            for row in 0..<size.height {
                for column in 0..<size.width {
                    if depth.isOutside[slice] || rows.isOutside[row] || columns.isOutside[column] {
                        padding[index] = 1
                    }
                    index += 1
                }
            }
        }
        return (voxels, padding)
    }
}
