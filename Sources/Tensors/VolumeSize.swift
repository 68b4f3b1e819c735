/// The extent of a volume in voxels; also a stride or a kernel size per axis.
package struct VolumeSize: Hashable, Codable, Sendable, CustomStringConvertible {
    /// Slices, from inferior to superior.
    package var depth: Int
    /// Rows.
    package var height: Int
    /// Columns.
    package var width: Int

    /// A size from its three extents.
    package init(_ depth: Int, _ height: Int, _ width: Int) {
        self.depth = depth
        self.height = height
        self.width = width
    }

    /// The same extent along every axis.
    package init(cubic extent: Int) {
        self.init(extent, extent, extent)
    }

    /// The extents along depth, height and width.
    package var extents: [Int] { [depth, height, width] }

    /// The number of voxels.
    package var count: Int { depth * height * width }

    /// The size after a "same"-padded layer with the given stride: `ceil(n / stride)` per axis.
    package func dividedRoundingUp(by stride: VolumeSize) -> VolumeSize {
        VolumeSize(
            (depth + stride.depth - 1) / stride.depth,
            (height + stride.height - 1) / stride.height,
            (width + stride.width - 1) / stride.width)
    }

    package var description: String { "\(depth)×\(height)×\(width)" }
}
