import Tensors

extension Volume {
    /// Millimetres between voxels along the axes of an affine.
    static func spacing(of affine: [Double]) -> [Double] {
        (0..<3).map { axis in
            let (x, y, z) = (affine[axis], affine[4 + axis], affine[8 + axis])
            return (x * x + y * y + z * z).squareRoot()
        }
    }

    /// Brings voxels that are stored along any axes into the standard order; oblique axes go to the
    /// closest of its directions.
    ///
    /// - Parameters:
    ///   - voxels: The voxels, the first axis fastest.
    ///   - dimensions: The extents along the stored axes.
    ///   - affine: Three rows of four: from indices along them to millimetres right, anterior,
    ///     superior.
    init(stored voxels: [Float], dimensions: [Int], affine: [Double]) {
        let order = AxialOrder(dimensions: dimensions, affine: affine)
        if order.isIdentity {
            self.init(geometry: order.geometry, voxels: voxels)
            return
        }
        var result: [Float] = []
        result.reserveCapacity(voxels.count)
        order.visit { result.append(voxels[$0]) }
        self.init(geometry: order.geometry, voxels: result)
    }
}
