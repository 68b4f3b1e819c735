import Tensors

/// Brings ground glass into the lungs: what is denser than air and thinner than tissue.
enum LungOpacities {
    /// Hounsfield units below which nothing in a chest is tissue; fat is denser than that.
    static let tissue: Float = -200
    /// Half of what an opacity measures at least; the blur of a border is thinner.
    static let millimetres = 5.0

    /// The lungs with the opacities that touch them.
    ///
    /// - Parameters:
    ///   - lungs: The air of the lungs.
    ///   - body: The body around it; what hangs on the couch is no opacity.
    ///   - grid: The densities.
    /// - Returns: Air and ground glass.
    static func added(
        to lungs: BinaryVolume, within body: BinaryVolume, of grid: WorkingGrid
    ) -> BinaryVolume {
        var glass = BinaryVolume(like: lungs)
        for index in glass.voxels.indices {
            glass.voxels[index] = body.voxels[index] && grid.voxels[index] < tissue
        }
        let opened = glass.openedInSlices(by: millimetres)
        var both = lungs
        for index in both.voxels.indices where opened.voxels[index] && glass.voxels[index] {
            both.voxels[index] = true
        }
        var result = lungs
        for component in both.components() where component.contains(where: { lungs.voxels[$0] }) {
            for index in component { result.voxels[index] = true }
        }
        return result
    }
}
