import Tensors

/// Brings large opacities into one lung by comparing it with the other.
///
/// An opacity that fills a lobe is as dense as the chest wall, and what is left of the lung around it
/// may be a sickle, whose hull does not hold it. Where one lung has much less of a slice than the
/// other, the other's mirror image, moved so that both meet the same ribs, says what is missing: its
/// back half and its half towards the ribs. Towards heart and hilum in front, no mirror image holds.
enum LungMirror {
    /// A side with less than this share of the other one's slice is compared with it.
    static let share = 0.6
    /// How far the mirror image may be moved, in millimetres.
    static let reach = 25.0

    /// What a side lacks.
    ///
    /// - Parameters:
    ///   - side: One lung.
    ///   - other: The other one.
    ///   - middle: The body's middle column.
    /// - Returns: Voxels that belong to `side` and are not in it.
    static func missing(
        in side: BinaryVolume, beside other: BinaryVolume, middle: Double
    ) -> BinaryVolume {
        let (width, height) = (side.size.width, side.size.height)
        let area = height * width
        var missing = BinaryVolume(like: side)
        for slice in 0..<side.size.depth {
            let start = slice * area
            let own = (0..<area).filter { side.voxels[start + $0] }
            let theirs = (0..<area).filter { other.voxels[start + $0] }
            guard own.count > 8, Double(own.count) < share * Double(theirs.count) else { continue }
            let columns = own.map { $0 % width }
            let isLeft = Double(columns.reduce(0, +)) < middle * Double(own.count)
            let mirrored = theirs.map { place -> (row: Int, column: Int) in
                (place / width, Int((2 * middle - Double(place % width)).rounded()))
            }
            func outermost(_ columns: [Int]) -> Int {
                (isLeft ? columns.min() : columns.max()) ?? 0
            }
            let shift = outermost(columns) - outermost(mirrored.map(\.column))
            guard Double(abs(shift)) * side.spacing[2] <= reach else { continue }
            let image = mirrored.map { (row: $0.row, column: $0.column + shift) }
                .filter { (0..<width).contains($0.column) }
            let back = image.map(\.row).sorted()[image.count / 2]
            let sorted = image.map(\.column).sorted()
            let centre = (sorted[0] + sorted[sorted.count - 1]) / 2
            let found = image.filter { row, column in
                !side.voxels[start + row * width + column]
                    && (row >= back || (isLeft ? column <= centre : column >= centre))
            }
            guard found.count + own.count <= theirs.count else { continue }
            for (row, column) in found { missing.voxels[start + row * width + column] = true }
        }
        return missing
    }
}
