package import ImageCodecs
import Tensors

/// Finds the lungs of a chest CT by thresholds, components and closing, in three dimensions.
///
/// 1. Tissue is what is denser than -420 HU. Its largest part, after thin things such as the couch's
///    skin are worn away, is the body.
/// 2. Air that a slice's border does not reach around the body is inside. Gas with a wall around it,
///    of windpipe and bowel, is taken out (`WalledGas`).
/// 3. The largest parts of what is left are the lungs.
/// 4. Ground glass that touches the lungs, thinner than fat and thicker than a border's blur, comes
///    in.
/// 5. On each side, what has lung above and below belongs to it, vessels and small opacities come in
///    when slices are closed by 10 mm, and opacities against the chest wall come in between the
///    slice's convex hull and the lung, where the hull is lateral or at the back. The hull's other
///    bays are heart, hilum and diaphragm.
/// 6. Where one lung has much less of a slice than the other, the other one's mirror image says what
///    is missing at the back: a lobe that is filled.
///
/// The released code of the paper's authors works slice by slice with 2-means, dilations and hulls;
/// this is the same idea in millimetres and in three dimensions.
package enum LungSegmentation {
    /// The lungs of a scan.
    package struct Lungs: Sendable {
        /// 1 in the lungs, with the vessels and opacities in them, else 0; `[D, H, W]` of the scan.
        package let mask: [UInt8]
        /// The grid.
        package let geometry: VolumeGeometry
        /// Their volume.
        package let millilitres: Double
        /// The least box that holds them: slices, rows, columns; `nil` without lungs.
        package let box: [Range<Int>]?
        /// What somebody should look at.
        package let warnings: [String]
    }

    /// The density that parts air from tissue.
    static let threshold: Float = -420

    /// Segments a scan in Hounsfield units.
    package static func lungs(of volume: Volume) -> Lungs {
        let grid = WorkingGrid(volume)
        let tissue = BinaryVolume(
            size: grid.size, spacing: grid.spacing, voxels: grid.voxels.map { $0 > threshold })
        let body = body(tissue)
        var inside = body.outsideInSlices()
        for index in inside.voxels.indices {
            inside.voxels[index] = !inside.voxels[index] && !tissue.voxels[index]
        }
        WalledGas.remove(from: &inside, of: grid)
        var (lungs, warnings) = largest(inside)
        lungs = LungOpacities.added(to: lungs, within: body, of: grid)
        let sides = LungSides.divided(lungs).map { side in
            side.count > 0
                ? LungHull.bridged(side, millimetres: 90).closedInSlices(by: 10) : side
        }
        var filled = BinaryVolume(like: lungs)
        for (side, other) in zip(sides, sides.reversed()) where side.count > 0 {
            filled.formUnion(LungHull.filled(side))
            filled.formUnion(
                LungMirror.missing(in: side, beside: other, middle: body.middleColumn))
        }
        let mask = grid.enlarged(filled)
        let voxel = volume.geometry.spacingInMillimetres.reduce(1, *)
        let millilitres = Double(mask.count { $0 == 1 }) * voxel / 1000
        if millilitres > 0, millilitres < 800 { warnings.append("small lungs: a part of a chest?") }
        if millilitres > 10_000 { warnings.append("more than ten litres") }
        return Lungs(
            mask: mask, geometry: volume.geometry, millilitres: millilitres,
            box: box(mask, volume.size), warnings: warnings)
    }

    /// The body: the largest part of the tissue that is thicker than 6 mm.
    private static func body(_ tissue: BinaryVolume) -> BinaryVolume {
        let worn = tissue.eroded(by: 3)
        var core = BinaryVolume(like: tissue)
        for index in worn.components().first ?? [] { core.voxels[index] = true }
        var body = core.dilated(by: 5)
        for index in body.voxels.indices where !tissue.voxels[index] { body.voxels[index] = false }
        return body
    }

    private static func largest(_ inside: BinaryVolume) -> (BinaryVolume, [String]) {
        var lungs = BinaryVolume(like: inside)
        let components = inside.components()
        guard let first = components.first?.count, first > 0 else {
            return (lungs, ["no air inside the body"])
        }
        for component in components where component.count * 12 >= first {
            for index in component { lungs.voxels[index] = true }
        }
        return (lungs, [])
    }

    private static func box(_ mask: [UInt8], _ size: VolumeSize) -> [Range<Int>]? {
        var low = [Int.max, Int.max, Int.max]
        var high = [-1, -1, -1]
        let area = size.height * size.width
        for (index, value) in mask.enumerated() where value == 1 {
            let place = [index / area, index % area / size.width, index % size.width]
            for axis in 0..<3 {
                low[axis] = min(low[axis], place[axis])
                high[axis] = max(high[axis], place[axis])
            }
        }
        return high[0] < 0 ? nil : (0..<3).map { low[$0]..<(high[$0] + 1) }
    }
}
