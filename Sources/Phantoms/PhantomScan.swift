package import ImageCodecs
import Tensors

/// A synthetic chest CT in Hounsfield units with the mask of its lesions.
///
/// Size, build, inflation, noise and the number of slices come from a stream that knows the
/// patient's rank but not the finding, so that patients of equal rank in two classes match in all
/// of them and no such feature tells the classes apart.
package struct PhantomScan: Sendable {
    /// Which scan of which patient.
    package struct Identity: Hashable, Sendable {
        /// The seed of the set.
        package let seed: UInt64
        /// The patient's class in the set.
        package let classIndex: Int
        /// The patient's rank in the class.
        package let rank: Int
        /// The patient's scan.
        package let scan: Int

        /// The identity of a scan.
        package init(seed: UInt64, classIndex: Int, rank: Int, scan: Int) {
            self.seed = seed
            self.classIndex = classIndex
            self.rank = rank
            self.scan = scan
        }
    }

    /// Hounsfield units.
    package let volume: Volume
    /// 1 in lesions, else 0.
    package let lesions: Volume
    /// 1 in the lungs, with the vessels and lesions in them, else 0.
    package let lungs: Volume
    /// The share of the lungs' voxels that is lesion.
    package let lesionShare: Double

    /// Makes a scan.
    ///
    /// - Parameters:
    ///   - identity: Which scan of which patient.
    ///   - finding: What it shows.
    ///   - size: Rows and columns of a slice.
    ///   - slices: The fewest and most slices.
    package init(
        _ identity: Identity, finding: PhantomFinding, size: Int, slices: ClosedRange<Int>
    ) {
        let (rank, scan) = (UInt32(identity.rank), UInt32(identity.scan))
        let classIndex = UInt32(identity.classIndex)
        let seed = identity.seed
        // Matched between classes.
        var person = RandomStream(seed: seed, name: "phantom/person", counters: rank)
        var device = RandomStream(seed: seed, name: "phantom/device", counters: rank, scan)
        // Each class's own.
        var form = RandomStream(seed: seed, name: "phantom/form", counters: classIndex, rank)
        var detail = RandomStream(
            seed: seed, name: "phantom/detail", counters: classIndex, rank, scan)

        let anatomy = PhantomAnatomy(&form, build: Float(person.nextUnit()))
        let inflation = Float(person.nextUnit())
        let depth = slices.lowerBound + device.next(below: slices.count)
        let field = 370 + 90 * Float(device.nextUnit())
        let noise = 12 + 22 * Float(device.nextUnit())
        let breath = inflation + 0.3 * Float(device.nextUnit() - 0.5)
        let shift = SIMD2<Float>(
            Float(device.nextUnit() - 0.5) * 16, Float(device.nextUnit() - 0.5) * 16)

        let vessels = PhantomVessels(&form, height: anatomy.height)
        let canvas = PhantomCanvas(
            anatomy: anatomy, size: VolumeSize(depth, size, size), pixel: field / Float(size),
            slice: anatomy.height / Float(depth), shift: shift)
        let lungHU = -900 + 70 * (1 - breath)
        let lesions = PhantomLesions(finding, &detail) { stream in canvas.randomLungPoint(&stream) }
        var voxels = canvas.draw(
            lungHU: lungHU, vessels: vessels, lesions: lesions,
            texture: ValueNoise(&detail))
        canvas.addNoise(&voxels.intensities, deviation: noise, &detail)
        let geometry = VolumeGeometry(
            axial: canvas.size,
            spacingInMillimetres: [
                Double(canvas.slice), Double(canvas.pixel), Double(canvas.pixel),
            ])
        volume = Volume(geometry: geometry, voxels: voxels.intensities)
        self.lesions = Volume(geometry: geometry, voxels: voxels.lesions)
        lungs = Volume(geometry: geometry, voxels: voxels.lungs)
        lesionShare =
            Double(voxels.lesions.reduce(0, +)) / Double(max(voxels.lungs.count { $0 == 1 }, 1))
    }
}
