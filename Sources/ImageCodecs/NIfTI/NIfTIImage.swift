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
}
