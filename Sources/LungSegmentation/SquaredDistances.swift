import Tensors

/// Squared distances to a set of voxels, exact, in square millimetres.
///
/// - SeeAlso: Felzenszwalb and Huttenlocher, *Distance transforms of sampled functions*, 2012.
enum SquaredDistances {
    /// The distance of every voxel; infinite when the set is empty.
    static func of(_ set: BinaryVolume) -> [Float] {
        let size = set.size
        var distances = set.voxels.map { $0 ? Float(0) : .infinity }
        let (area, width) = (size.height * size.width, size.width)
        for z in 0..<size.depth {
            for y in 0..<size.height {
                pass(
                    &distances, start: z * area + y * width, stride: 1, count: width,
                    step: Float(set.spacing[2]))
            }
        }
        for z in 0..<size.depth {
            for x in 0..<width {
                pass(
                    &distances, start: z * area + x, stride: width, count: size.height,
                    step: Float(set.spacing[1]))
            }
        }
        for place in 0..<area {
            pass(
                &distances, start: place, stride: area, count: size.depth,
                step: Float(set.spacing[0]))
        }
        return distances
    }

    /// The lower envelope of the parabolas over one line.
    private static func pass(
        _ values: inout [Float], start: Int, stride: Int, count: Int, step: Float
    ) {
        var places: [Int] = []
        var borders: [Float] = []
        places.reserveCapacity(count)
        borders.reserveCapacity(count)
        let square = step * step
        for index in 0..<count {
            let height = values[start + index * stride]
            guard height.isFinite else { continue }
            var border = -Float.infinity
            while let last = places.last {
                let other = values[start + last * stride]
                let (p, q) = (Float(last), Float(index))
                border =
                    ((height + square * q * q) - (other + square * p * p))
                    / (2 * square * (q - p))
                guard border <= borders[borders.count - 1] else { break }
                places.removeLast()
                borders.removeLast()
                border = -.infinity
            }
            places.append(index)
            borders.append(border)
        }
        guard !places.isEmpty else { return }
        let heights = places.map { values[start + $0 * stride] }
        var current = 0
        for index in 0..<count {
            while current + 1 < places.count, borders[current + 1] < Float(index) { current += 1 }
            let offset = Float(index - places[current]) * step
            values[start + index * stride] = heights[current] + offset * offset
        }
    }
}
