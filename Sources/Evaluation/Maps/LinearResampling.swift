package import Tensors

/// Linear interpolation with half-pixel centres, the outermost values held beyond the edge.
///
/// Target voxel i of m lies at `(i + ½)·n/m - ½` among n source voxels: both grids cover the same
/// body. Aligning the corner voxels instead would shift a coarse map by up to half of one of its
/// voxels, which can be centimetres.
package enum LinearResampling {
    /// Where one target place lies between two source places.
    struct Tap: Hashable {
        let lower: Int
        let upper: Int
        let fraction: Float
    }

    /// The source places around a coordinate; beyond the edge, the outermost.
    static func tap(at place: Double, of source: Int) -> Tap {
        let inside = min(max(place, 0), Double(source - 1))
        let lower = Int(inside.rounded(.down))
        return Tap(
            lower: lower, upper: min(lower + 1, source - 1),
            fraction: Float(inside - Double(lower)))
    }

    /// Resamples a volume of shape `[D, H, W]`, axis after axis.
    ///
    /// - Returns: A tensor of shape `[size.depth, size.height, size.width]`.
    /// - Complexity: O(output voxels).
    package static func resample(_ volume: Tensor, to size: VolumeSize) -> Tensor {
        precondition(volume.shape.count == 3 && volume.count > 0, "a volume has three axes")
        precondition(size.depth > 0 && size.height > 0 && size.width > 0, "a size is positive")
        let own = VolumeSize(volume.shape[0], volume.shape[1], volume.shape[2])
        return resample(volume, on: FeatureGrid(of: own, sharing: size), to: size)
    }

    /// Resamples cells that lie somewhere in a body to a grid over the whole of it.
    ///
    /// - Returns: A tensor of shape `[size.depth, size.height, size.width]`.
    static func resample(_ cells: Tensor, on grid: FeatureGrid, to size: VolumeSize) -> Tensor {
        resample(
            cells, slices: grid.cells(for: size.depth, axis: 0),
            rows: grid.cells(for: size.height, axis: 1),
            columns: grid.cells(for: size.width, axis: 2))
    }

    /// Reads a volume of shape `[D, H, W]` at places between its voxels, axis after axis.
    ///
    /// - Returns: A tensor with an entry per place along every axis.
    private static func resample(
        _ volume: Tensor, slices: [Double], rows: [Double], columns: [Double]
    ) -> Tensor {
        let (depth, height, width) = (volume.shape[0], volume.shape[1], volume.shape[2])
        var values = volume.elements
        values = along(values, outer: depth * height, of: width, at: columns, inner: 1)
        values = along(values, outer: depth, of: height, at: rows, inner: columns.count)
        values = along(
            values, outer: 1, of: depth, at: slices, inner: rows.count * columns.count)
        return Tensor(shape: [slices.count, rows.count, columns.count], elements: values)
    }

    private static func along(
        _ values: [Float], outer: Int, of source: Int, at places: [Double], inner: Int
    ) -> [Float] {
        let taps = places.map { tap(at: $0, of: source) }
        var result: [Float] = []
        result.reserveCapacity(outer * taps.count * inner)
        for block in 0..<outer {
            for tap in taps {
                let low = (block * source + tap.lower) * inner
                let high = (block * source + tap.upper) * inner
                for offset in 0..<inner {
                    let first = values[low + offset]
                    result.append(first + tap.fraction * (values[high + offset] - first))
                }
            }
        }
        return result
    }
}
