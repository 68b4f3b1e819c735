package import Tensors

/// Carries a raw map back onto the voxels of the scan that the network's input was made of.
package enum MapProjection {
    /// The map at every voxel of the scan, by trilinear interpolation.
    ///
    /// At a voxel that falls on the centre of an input voxel the value is that of
    /// ``ClassActivationMap/upsampled(to:)``. What the network did not see is 0.
    ///
    /// - Parameters:
    ///   - map: The raw map, `[d, h, w]`.
    ///   - grid: Where its cells lie in the network's input.
    ///   - slices: Where every slice of the scan lies in the input, in its voxels; `nil` for unseen.
    ///   - rows: The same of every row.
    ///   - columns: The same of every column.
    /// - Returns: `[slices, rows, columns]`.
    /// - Complexity: O(voxels of the scan).
    package static func project(
        _ map: Tensor, grid: FeatureGrid, slices: [Double?], rows: [Double?], columns: [Double?]
    ) -> Tensor {
        precondition(map.shape.count == 3 && map.count > 0, "a map has three axes")
        let (height, width) = (map.shape[1], map.shape[2])
        let depthTaps = taps(slices, of: map.shape[0]) { grid.cell(at: $0, axis: 0) }
        let rowTaps = taps(rows, of: height) { grid.cell(at: $0, axis: 1) }
        let columnTaps = taps(columns, of: width) { grid.cell(at: $0, axis: 2) }
        var result = Tensor(repeating: 0, shape: [slices.count, rows.count, columns.count])
        var plane = [Float](repeating: 0, count: height * width)
        var line = [Float](repeating: 0, count: width)
        for (slice, depthTap) in depthTaps.enumerated() {
            guard let depthTap else { continue }
            for place in plane.indices {
                let low = map.elements[depthTap.lower * plane.count + place]
                let high = map.elements[depthTap.upper * plane.count + place]
                plane[place] = low + depthTap.fraction * (high - low)
            }
            for (row, rowTap) in rowTaps.enumerated() {
                guard let rowTap else { continue }
                for place in 0..<width {
                    let low = plane[rowTap.lower * width + place]
                    let high = plane[rowTap.upper * width + place]
                    line[place] = low + rowTap.fraction * (high - low)
                }
                let start = (slice * rows.count + row) * columns.count
                for (column, tap) in columnTaps.enumerated() {
                    guard let tap else { continue }
                    let (low, high) = (line[tap.lower], line[tap.upper])
                    result.elements[start + column] = low + tap.fraction * (high - low)
                }
            }
        }
        return result
    }

    private static func taps(
        _ places: [Double?], of count: Int, cell: (Double) -> Double
    ) -> [LinearResampling.Tap?] {
        places.map { place in place.map { LinearResampling.tap(at: cell($0), of: count) } }
    }
}
