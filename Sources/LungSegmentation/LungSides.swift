import Tensors

/// Parts the lungs into two sides.
enum LungSides {
    /// The two sides: by components where they are apart, else by the column with least lung
    /// between them, slice by slice.
    static func divided(_ lungs: BinaryVolume) -> [BinaryVolume] {
        let size = lungs.size
        let (area, width) = (size.height * size.width, size.width)
        var columns = [Int](repeating: 0, count: width)
        for index in lungs.voxels.indices where lungs.voxels[index] { columns[index % width] += 1 }
        let total = columns.reduce(0, +)
        guard total > 0 else { return [] }
        let middle = columns.enumerated().reduce(0) { $0 + $1.offset * $1.element } / total
        let reach = max(1, Int(40 / lungs.spacing[2]))
        var (left, right) = (BinaryVolume(like: lungs), BinaryVolume(like: lungs))
        for slice in 0..<size.depth {
            var counts = [Int](repeating: 0, count: width)
            for place in 0..<area where lungs.voxels[slice * area + place] {
                counts[place % width] += 1
            }
            let near = max(0, middle - reach)...min(width - 1, middle + reach)
            let border =
                near.min { (counts[$0], abs($0 - middle)) < (counts[$1], abs($1 - middle)) }
                ?? middle
            for place in 0..<area where lungs.voxels[slice * area + place] {
                if place % width < border {
                    left.voxels[slice * area + place] = true
                } else {
                    right.voxels[slice * area + place] = true
                }
            }
        }
        return [left, right]
    }
}
