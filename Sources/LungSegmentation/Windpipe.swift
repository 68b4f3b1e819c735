import Tensors

/// Takes the windpipe out of the air of the lungs.
///
/// In the upper slices it is an island of its own in the middle of the body. It is followed down
/// while what lies below it stays small; where it meets the lungs, following ends.
enum Windpipe {
    static func remove(from lungs: inout BinaryVolume) {
        let size = lungs.size
        let (area, width) = (size.height * size.width, size.width)
        let pixel = lungs.spacing[1] * lungs.spacing[2]
        let columns = lungs.voxels.indices.filter { lungs.voxels[$0] }.map { $0 % width }
        guard !columns.isEmpty else { return }
        let middle = Double(columns.reduce(0, +)) / Double(columns.count)
        let reach = 28 / lungs.spacing[2]
        var above: Set<Int> = []
        for slice in (0..<size.depth).reversed() {
            let islands = BinaryVolume(
                size: VolumeSize(1, size.height, size.width), spacing: lungs.spacing,
                voxels: Array(lungs.voxels[(slice * area)..<((slice + 1) * area)])
            ).components()
            var found: Set<Int> = []
            for island in islands where Double(island.count) * pixel < 1100 {
                let center = island.reduce(0.0) { $0 + Double($1 % width) } / Double(island.count)
                let isMiddle = abs(center - middle) < reach
                let isBelow = island.contains(where: above.contains)
                // A new one starts in the upper half only; below, and at the sides, islands are lung.
                guard isMiddle && (isBelow || slice * 2 > size.depth) else {
                    continue
                }
                found.formUnion(island)
            }
            for place in found { lungs.voxels[slice * area + place] = false }
            above = found
        }
    }
}
