import Tensors

/// A NIfTI volume as the file stores it.
package struct NIfTIImage: Hashable, Sendable {
    /// The extents along the file's axes, the fastest first.
    package let dimensions: [Int]
    /// The voxels after slope and intercept, in file order (the first axis fastest).
    package let voxels: [Float]
    /// Three rows of four: from indices along the file's axes to millimetres right, anterior,
    /// superior.
    package let affine: [Double]
    /// Whether the file says how it lies in the patient.
    package let isOriented: Bool
    /// Whether voxels are whole numbers.
    package let isInteger: Bool
    /// The type of the voxels as they are in ``voxels``: the file's where it is exact in float32 and
    /// not scaled, else float32.
    package let sample: Picture.Sample

    init(
        dimensions: [Int], voxels: [Float], affine: [Double], isOriented: Bool, isInteger: Bool,
        sample: Picture.Sample
    ) {
        self.dimensions = dimensions
        self.voxels = voxels
        self.affine = affine
        self.isOriented = isOriented
        self.isInteger = isInteger
        self.sample = sample
    }

    /// Millimetres between voxels along the file's axes.
    package var spacingInMillimetres: [Double] {
        Volume.spacing(of: affine)
    }

    /// The volume with slices from inferior to superior, rows from anterior to posterior, columns
    /// from the patient's right to the left; oblique axes go to the closest of these.
    package func axialVolume() -> Volume {
        Volume(stored: voxels, dimensions: dimensions, affine: affine)
    }

    /// Numbers per voxel of ``axialVolume()``, as a volume in the order and with the affine of this
    /// file, so that the two lie voxel on voxel.
    ///
    /// - Parameter axial: As many as the file has voxels, `[D, H, W]` in axial order.
    /// - Returns: The volume, to be written as it is.
    package func volume(fromAxial axial: [Float]) -> Volume {
        precondition(axial.count == voxels.count, "one number per voxel")
        var stored = axial
        var next = 0
        AxialOrder(dimensions: dimensions, affine: affine).visit { index in
            stored[index] = axial[next]
            next += 1
        }
        let spacing = spacingInMillimetres
        return Volume(
            geometry: VolumeGeometry(
                size: VolumeSize(dimensions[2], dimensions[1], dimensions[0]),
                spacingInMillimetres: [spacing[2], spacing[1], spacing[0]], affine: affine),
            voxels: stored)
    }
}
