import Tensors

/// How to walk through voxels that are stored along any axes so that slices come from inferior to
/// superior, rows from anterior to posterior, columns from the patient's right to the left; oblique
/// axes go to the closest of these.
struct AxialOrder {
    /// The volume in that order.
    let geometry: VolumeGeometry
    private let start: Int
    /// Steps between columns, rows and slices.
    private let steps: [Int]

    /// The order of stored voxels.
    ///
    /// - Parameters:
    ///   - dimensions: The extents along the stored axes, the first fastest.
    ///   - affine: Three rows of four: from indices along them to millimetres right, anterior,
    ///     superior.
    init(dimensions: [Int], affine: [Double]) {
        let spacing = Volume.spacing(of: affine)
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
        self.start = start
        self.steps = steps
        geometry = VolumeGeometry(
            size: VolumeSize(dimensions[best[2]], dimensions[best[1]], dimensions[best[0]]),
            spacingInMillimetres: [spacing[best[2]], spacing[best[1]], spacing[best[0]]],
            affine: matrix)
    }

    /// Whether the voxels are stored in that order.
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
