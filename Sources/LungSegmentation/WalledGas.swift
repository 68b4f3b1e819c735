import Tensors

/// Takes gas that is not lung out of the air of the chest: windpipe, gullet, stomach and bowel.
///
/// A lung is a sponge of air and blood, about -850 HU; gas in a hollow organ has nothing in it and a
/// wall around it. Emphysema is as dark and has lung around it, so that it stays.
enum WalledGas {
    /// Hounsfield units below which there is gas only.
    static let gas: Float = -930
    /// The least share of what surrounds gas, a few millimetres on, that is tissue.
    static let wall = 0.5
    /// Half of what gas measures at least.
    static let millimetres = 2.0
    /// The least volume, in millilitres.
    static let leastVolume = 0.2
    /// How far the border of gas is blurred, in millimetres.
    static let blur = 3.0
    /// How far a wall is looked for, in millimetres.
    static let reach = 7.0

    /// Takes it out, and what its borders leave.
    ///
    /// - Parameters:
    ///   - air: The air inside the body.
    ///   - grid: The densities.
    static func remove(from air: inout BinaryVolume, of grid: WorkingGrid) {
        let smooth = grid.smoothedInSlices()
        var dark = BinaryVolume(like: air)
        for index in dark.voxels.indices {
            dark.voxels[index] = air.voxels[index] && smooth[index] < gas
        }
        let voxel = air.spacing.reduce(1, *) / 1000
        var (removed, beside) = (BinaryVolume(like: air), BinaryVolume(like: air))
        for component in dark.openedInSlices(by: millimetres).components() {
            guard Double(component.count) * voxel >= leastVolume else { break }
            var part = BinaryVolume(like: air)
            for index in component { part.voxels[index] = true }
            let blurred = part.dilatedInSlices(by: blur)
            let around = part.dilatedInSlices(by: reach)
            let rim = around.voxels.indices.filter { around.voxels[$0] && !blurred.voxels[$0] }
            let tissue = rim.count { grid.voxels[$0] > LungSegmentation.threshold }
            guard Double(tissue) >= wall * Double(rim.count) else { continue }
            removed.formUnion(blurred)
            beside.formUnion(around)
        }
        for index in removed.voxels.indices where removed.voxels[index] {
            air.voxels[index] = false
        }
        removeRims(from: &air, beside: beside)
    }

    /// Takes out the islands of a slice most of which lies beside gas.
    private static func removeRims(from air: inout BinaryVolume, beside: BinaryVolume) {
        let area = air.size.height * air.size.width
        for slice in 0..<air.size.depth {
            let islands = BinaryVolume(
                size: VolumeSize(1, air.size.height, air.size.width), spacing: air.spacing,
                voxels: Array(air.voxels[(slice * area)..<((slice + 1) * area)])
            ).components()
            for island in islands {
                let near = island.count { beside.voxels[slice * area + $0] }
                guard near * 2 > island.count else { continue }
                for place in island { air.voxels[slice * area + place] = false }
            }
        }
    }
}
