/// Where the cells of feature maps lie in the volume that a network was given.
///
/// Cell `i` of an axis stands for the input around voxel `first + i · spacing`, the centre of what it
/// sees. Behind convolutions with a stride and "same" padding that is voxel `i · stride`, not the
/// middle of the i-th share of the body: with a stride of 32 the two are 15.5 voxels apart.
package struct FeatureGrid: Hashable, Sendable {
    /// The size of the network's input.
    package let input: VolumeSize
    /// The input voxel of the first cell along depth, height and width.
    package let first: [Double]
    /// Input voxels from cell to cell along depth, height and width.
    package let spacing: [Double]

    /// A grid.
    package init(input: VolumeSize, first: [Double], spacing: [Double]) {
        precondition(first.count == 3 && spacing.count == 3, "a grid has three axes")
        precondition(spacing.allSatisfy { $0 > 0 }, "cells follow one another")
        self.input = input
        self.first = first
        self.spacing = spacing
    }

    /// The grid of cells that share the input among them, as means over windows do.
    package init(of map: VolumeSize, sharing input: VolumeSize) {
        let spacing = zip(input.extents, map.extents).map { Double($0) / Double($1) }
        self.init(input: input, first: spacing.map { ($0 - 1) / 2 }, spacing: spacing)
    }

    /// The place among an axis's cells of a place among its input voxels.
    package func cell(at voxel: Double, axis: Int) -> Double {
        (voxel - first[axis]) / spacing[axis]
    }

    /// The places among an axis's cells of the voxels of a finer or coarser grid over the same body,
    /// with half-pixel centres.
    package func cells(for count: Int, axis: Int) -> [Double] {
        (0..<count).map { index in
            let share = (Double(index) + 0.5) / Double(count)
            return cell(at: share * Double(input.extents[axis]) - 0.5, axis: axis)
        }
    }
}
