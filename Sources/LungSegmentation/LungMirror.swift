import Tensors

/// Brings large opacities into one lung by comparing it with the other.
///
/// An opacity that fills a lobe is as dense as the chest wall, and what is left of the lung around it
/// may be a sickle, whose hull does not hold it. Where one lung has much less of a slice than the
/// other, the other's mirror image, moved so that both meet the same ribs, says what is missing in
/// its back half; in front lies the heart. What is missing in a few slices only, or is a sliver, is the
/// dome of the diaphragm or a lung's top, and stays out.
enum LungMirror {
    /// A side with less than this share of the other one's slice is compared with it.
    static let share = 0.6
    /// The least height of what is missing, in millimetres.
    static let height = 40.0
    /// The least share of the other one's slice that is missing.
    static let leastMissing = 0.15
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
        var result = BinaryVolume(like: side)
        var run: [[Int]] = []
        func endRun() {
            if Double(run.count) * side.spacing[0] >= height {
                for index in run.joined() { result.voxels[index] = true }
            }
            run = []
        }
        for slice in 0..<side.size.depth {
            let found = missing(slice, of: side, beside: other, middle: middle)
            if found.isEmpty { endRun() } else { run.append(found) }
        }
        endRun()
        return result
    }
    /// What one slice of a side lacks, as indices of voxels; nothing where the sides are alike.
    private static func missing(
        _ slice: Int, of side: BinaryVolume, beside other: BinaryVolume, middle: Double
    ) -> [Int] {
        let width = side.size.width
        let area = side.size.height * width
        let start = slice * area
        let own = (0..<area).filter { side.voxels[start + $0] }
        let theirs = (0..<area).filter { other.voxels[start + $0] }
        guard own.count > 8, Double(own.count) < share * Double(theirs.count) else { return [] }
        let columns = own.map { $0 % width }
        let isLeft = Double(columns.reduce(0, +)) < middle * Double(own.count)
        let mirrored = theirs.map { place -> (row: Int, column: Int) in
            (place / width, Int((2 * middle - Double(place % width)).rounded()))
        }
        func outermost(_ columns: [Int]) -> Int {
            (isLeft ? columns.min() : columns.max()) ?? 0
        }
        let shift = outermost(columns) - outermost(mirrored.map(\.column))
        guard Double(abs(shift)) * side.spacing[2] <= reach else { return [] }
        let back = mirrored.map(\.row).sorted()[mirrored.count / 2]
        let found = mirrored.compactMap { row, column -> Int? in
            let index = start + row * width + column + shift
            guard row >= back, (0..<width).contains(column + shift), !side.voxels[index] else {
                return nil
            }
            return index
        }
        let isLobe = Double(found.count) >= leastMissing * Double(theirs.count)
        return isLobe && found.count + own.count <= theirs.count ? found : []
    }
}
