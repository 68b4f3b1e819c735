package import Tensors

/// Where the voxels of a volume lie in the patient.
package struct VolumeGeometry: Hashable, Sendable {
    /// The extents.
    package var size: VolumeSize
    /// Millimetres between slices, rows and columns.
    package var spacingInMillimetres: [Double]
    /// Three rows of four: from (column, row, slice) to millimetres right, anterior, superior.
    package var affine: [Double]

    /// A geometry of the given parts.
    package init(size: VolumeSize, spacingInMillimetres: [Double], affine: [Double]) {
        precondition(spacingInMillimetres.count == 3 && affine.count == 12)
        self.size = size
        self.spacingInMillimetres = spacingInMillimetres
        self.affine = affine
    }

    /// A standard axial volume centred on the origin: slices to superior, rows to posterior,
    /// columns to the patient's left.
    package init(axial size: VolumeSize, spacingInMillimetres spacing: [Double]) {
        let (dz, dy, dx) = (spacing[0], spacing[1], spacing[2])
        self.init(
            size: size, spacingInMillimetres: spacing,
            affine: [
                -dx, 0, 0, dx * Double(size.width - 1) / 2,
                0, -dy, 0, dy * Double(size.height - 1) / 2,
                0, 0, dz, -dz * Double(size.depth - 1) / 2,
            ])
    }
}

/// Voxels in the standard axial order: slices from inferior to superior, rows from anterior to
/// posterior, columns from the patient's right to the left.
package struct Volume: Hashable, Sendable {
    /// Where the voxels lie.
    package var geometry: VolumeGeometry
    /// The voxels, `[D, H, W]`; Hounsfield units for CT.
    package var voxels: [Float]

    /// A volume of the given voxels.
    package init(geometry: VolumeGeometry, voxels: [Float]) {
        precondition(voxels.count == geometry.size.count, "voxels and size disagree")
        self.geometry = geometry
        self.voxels = voxels
    }

    /// The extents.
    package var size: VolumeSize { geometry.size }
}
