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

    init(
        dimensions: [Int], voxels: [Float], affine: [Double], isOriented: Bool, isInteger: Bool
    ) {
        self.dimensions = dimensions
        self.voxels = voxels
        self.affine = affine
        self.isOriented = isOriented
        self.isInteger = isInteger
    }

    /// Millimetres between voxels along the file's axes.
    package var spacingInMillimetres: [Double] {
        (0..<3).map { axis in
            let (x, y, z) = (affine[axis], affine[4 + axis], affine[8 + axis])
            return (x * x + y * y + z * z).squareRoot()
        }
    }

    /// The volume with slices from inferior to superior, rows from anterior to posterior, columns
    /// from the patient's right to the left; oblique axes go to the closest of these.
    package func axialVolume() -> Volume {
        let order = axialOrder
        if order.isIdentity { return Volume(geometry: order.geometry, voxels: voxels) }
        var result: [Float] = []
        result.reserveCapacity(voxels.count)
        order.visit { result.append(voxels[$0]) }
        return Volume(geometry: order.geometry, voxels: result)
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
        axialOrder.visit { index in
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

    /// How to walk through the stored voxels in axial order.
    private struct AxialOrder {
        let geometry: VolumeGeometry
        let start: Int
        /// Steps between columns, rows and slices.
        let steps: [Int]

        var isIdentity: Bool {
            let size = geometry.size
            return start == 0 && steps == [1, size.width, size.width * size.height]
        }

        /// Names the stored index of every voxel, columns fastest.
        func visit(_ body: (Int) -> Void) {
            for slice in 0..<geometry.size.depth {
                for row in 0..<geometry.size.height {
                    var index = start + slice * steps[2] + row * steps[1]
                    for _ in 0..<geometry.size.width {
                        body(index)
                        index += steps[0]
                    }
                }
            }
        }
    }

    private var axialOrder: AxialOrder {
        let spacing = spacingInMillimetres
        // Left, posterior, superior are the directions of columns, rows, slices.
        let target: [(row: Int, sign: Double)] = [(0, -1), (1, -1), (2, 1)]
        func cosine(_ axis: Int, _ direction: Int) -> Double {
            target[direction].sign * affine[target[direction].row * 4 + axis] / spacing[axis]
        }
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
        var best = orders[0]
        var bestScore = -1.0
        for order in orders {
            let score = (0..<3).reduce(0.0) { $0 + abs(cosine(order[$1], $1)) }
            if score > bestScore + 1e-9 { (best, bestScore) = (order, score) }
        }
        let strides = [1, dimensions[0], dimensions[0] * dimensions[1]]
        var start = 0
        var steps = [0, 0, 0]
        var matrix = affine
        var origin = [affine[3], affine[7], affine[11]]
        for direction in 0..<3 {
            let axis = best[direction]
            let isReversed = cosine(axis, direction) < 0
            let last = dimensions[axis] - 1
            steps[direction] = isReversed ? -strides[axis] : strides[axis]
            if isReversed { start += last * strides[axis] }
            for row in 0..<3 {
                let value = affine[row * 4 + axis]
                matrix[row * 4 + direction] = isReversed ? -value : value
                if isReversed { origin[row] += value * Double(last) }
            }
        }
        for row in 0..<3 { matrix[row * 4 + 3] = origin[row] }
        let size = VolumeSize(dimensions[best[2]], dimensions[best[1]], dimensions[best[0]])
        let geometry = VolumeGeometry(
            size: size,
            spacingInMillimetres: [spacing[best[2]], spacing[best[1]], spacing[best[0]]],
            affine: matrix)
        return AxialOrder(geometry: geometry, start: start, steps: steps)
    }
}
