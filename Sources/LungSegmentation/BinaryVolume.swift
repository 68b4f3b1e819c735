import Tensors

/// A set of voxels on a grid in millimetres.
struct BinaryVolume {
    let size: VolumeSize
    /// Millimetres between slices, rows, columns.
    let spacing: [Double]
    /// `[D, H, W]`.
    var voxels: [Bool]

    init(size: VolumeSize, spacing: [Double], voxels: [Bool]) {
        precondition(voxels.count == size.count, "voxels and size disagree")
        self.size = size
        self.spacing = spacing
        self.voxels = voxels
    }

    init(like other: BinaryVolume) {
        self.init(
            size: other.size, spacing: other.spacing,
            voxels: [Bool](repeating: false, count: other.size.count))
    }

    var count: Int { voxels.count { $0 } }

    /// Voxels that are no farther than a distance from the set.
    func dilated(by millimetres: Double) -> BinaryVolume {
        let limit = Float(millimetres * millimetres) * 1.0001
        let distances = SquaredDistances.of(self)
        return BinaryVolume(size: size, spacing: spacing, voxels: distances.map { $0 <= limit })
    }

    /// Voxels that are farther than a distance from all that is not in the set; beyond the grid
    /// counts as in it.
    func eroded(by millimetres: Double) -> BinaryVolume {
        let limit = Float(millimetres * millimetres) * 1.0001
        let outside = BinaryVolume(size: size, spacing: spacing, voxels: voxels.map { !$0 })
        let distances = SquaredDistances.of(outside)
        return BinaryVolume(size: size, spacing: spacing, voxels: distances.map { $0 > limit })
    }

    /// Voxels that are no farther than a distance from the set in their own slice.
    func dilatedInSlices(by millimetres: Double) -> BinaryVolume {
        let apart = BinaryVolume(
            size: size, spacing: [1e6, spacing[1], spacing[2]], voxels: voxels)
        return BinaryVolume(
            size: size, spacing: spacing, voxels: apart.dilated(by: millimetres).voxels)
    }

    /// The set without holes and bays narrower than twice the distance, slice by slice.
    ///
    /// Between slices nothing is closed: at the first and last slice nobody knows what follows.
    func closedInSlices(by millimetres: Double) -> BinaryVolume {
        let apart = BinaryVolume(
            size: size, spacing: [1e6, spacing[1], spacing[2]], voxels: voxels)
        let closed = apart.dilated(by: millimetres).eroded(by: millimetres)
        return BinaryVolume(size: size, spacing: spacing, voxels: closed.voxels)
    }

    /// The set without what is narrower than twice the distance, slice by slice.
    func openedInSlices(by millimetres: Double) -> BinaryVolume {
        let apart = BinaryVolume(
            size: size, spacing: [1e6, spacing[1], spacing[2]], voxels: voxels)
        let opened = apart.eroded(by: millimetres).dilated(by: millimetres)
        return BinaryVolume(size: size, spacing: spacing, voxels: opened.voxels)
    }

    /// Takes in the voxels of another set on the same grid.
    mutating func formUnion(_ other: BinaryVolume) {
        for index in voxels.indices where other.voxels[index] { voxels[index] = true }
    }

    /// The mean column of the set; the grid's middle when the set is empty.
    var middleColumn: Double {
        var (sum, count) = (0, 0)
        for index in voxels.indices where voxels[index] {
            sum += index % size.width
            count += 1
        }
        return count > 0 ? Double(sum) / Double(count) : Double(size.width - 1) / 2
    }

    /// The parts of the set that hang together over voxels' faces, the largest first.
    func components() -> [[Int]] {
        let (area, width) = (size.height * size.width, size.width)
        var isFree = voxels
        var components: [[Int]] = []
        for start in voxels.indices where isFree[start] {
            isFree[start] = false
            var component = [start]
            var next = 0
            while next < component.count {
                let index = component[next]
                next += 1
                let (z, rest) = index.quotientAndRemainder(dividingBy: area)
                let (y, x) = rest.quotientAndRemainder(dividingBy: width)
                func visit(_ neighbour: Int) {
                    guard isFree[neighbour] else { return }
                    isFree[neighbour] = false
                    component.append(neighbour)
                }
                if x > 0 { visit(index - 1) }
                if x + 1 < width { visit(index + 1) }
                if y > 0 { visit(index - width) }
                if y + 1 < size.height { visit(index + width) }
                if z > 0 { visit(index - area) }
                if z + 1 < size.depth { visit(index + area) }
            }
            components.append(component)
        }
        return components.sorted { $0.count > $1.count }
    }

    /// What a slice's border reaches over voxels that are not in the set, slice by slice.
    func outsideInSlices() -> BinaryVolume {
        var outside = BinaryVolume(like: self)
        let (area, width, height) = (size.height * size.width, size.width, size.height)
        for slice in 0..<size.depth {
            let start = slice * area
            var queue: [Int] = []
            func visit(_ place: Int) {
                guard !voxels[start + place], !outside.voxels[start + place] else { return }
                outside.voxels[start + place] = true
                queue.append(place)
            }
            for x in 0..<width {
                visit(x)
                visit(area - width + x)
            }
            for y in 0..<height {
                visit(y * width)
                visit(y * width + width - 1)
            }
            while let place = queue.popLast() {
                let (y, x) = place.quotientAndRemainder(dividingBy: width)
                if x > 0 { visit(place - 1) }
                if x + 1 < width { visit(place + 1) }
                if y > 0 { visit(place - width) }
                if y + 1 < height { visit(place + width) }
            }
        }
        return outside
    }
}
