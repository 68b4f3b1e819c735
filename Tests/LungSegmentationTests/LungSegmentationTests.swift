import ImageCodecs
import LungSegmentation
import Phantoms
import Tensors
import Testing

@Suite("Lungs")
struct LungSegmentationTests {
    private static func phantom(
        _ finding: PhantomFinding, rank: Int, size: Int = 96
    ) -> PhantomScan {
        PhantomScan(
            .init(seed: 11, classIndex: 0, rank: rank, scan: 0), finding: finding, size: size,
            slices: 40...40)
    }

    private static func dice(_ mask: [UInt8], _ truth: Volume) -> Double {
        let both = zip(mask, truth.voxels).count { $0 == 1 && $1 == 1 }
        let sum = mask.count { $0 == 1 } + truth.voxels.count { $0 == 1 }
        return 2 * Double(both) / Double(sum)
    }

    @Test(
        "of phantoms are found as they were drawn",
        arguments: [
            PhantomFinding.normal, .groundGlass(extent: 0.2), .groundGlass(extent: 0.6),
            .consolidation,
        ], [0, 1, 2])
    func phantoms(finding: PhantomFinding, rank: Int) {
        let scan = Self.phantom(finding, rank: rank)
        let lungs = LungSegmentation.lungs(of: scan.volume)
        let dice = Self.dice(lungs.mask, scan.lungs)
        print("Dice of \(finding) \(rank): \(dice)")
        #expect(dice >= 0.95)
    }

    @Test("keep their place in the patient when a scan is cut to them")
    func crop() throws {
        let scan = Self.phantom(.normal, rank: 3)
        let lungs = LungSegmentation.lungs(of: scan.volume)
        let box = try #require(lungs.box)
        let cut = try #require(lungs.cropped(scan.volume, margin: 0))
        #expect(cut.size == VolumeSize(box[0].count, box[1].count, box[2].count))
        let size = scan.volume.size
        let first =
            (box[0].lowerBound * size.height + box[1].lowerBound) * size.width + box[2].lowerBound
        #expect(cut.voxels.first == scan.volume.voxels[first])
        // The first voxel's millimetres in the cut scan are those it has in the whole one.
        func place(_ affine: [Double], _ x: Int, _ y: Int, _ z: Int) -> [Double] {
            (0..<3).map { row in
                affine[row * 4] * Double(x) + affine[row * 4 + 1] * Double(y)
                    + affine[row * 4 + 2] * Double(z) + affine[row * 4 + 3]
            }
        }
        let whole = place(
            scan.volume.geometry.affine, box[2].lowerBound, box[1].lowerBound, box[0].lowerBound)
        for (a, b) in zip(whole, place(cut.geometry.affine, 0, 0, 0)) { #expect(abs(a - b) < 1e-9) }
        let wide = try #require(lungs.cropped(scan.volume, margin: 1000, blanking: true))
        #expect(wide.size == size)
        #expect(zip(wide.voxels, lungs.mask).allSatisfy { $1 == 1 || $0 == -1000 })
    }

    /// Voxels of a ball around a voxel: of the scan's own grid.
    private static func ball(
        at center: [Int], millimetres: Double, in geometry: VolumeGeometry
    ) -> [Int] {
        let size = geometry.size
        return (0..<size.count).filter { index in
            let place = [
                index / (size.height * size.width), index / size.width % size.height,
                index % size.width,
            ]
            let squared = zip(zip(place, center), geometry.spacingInMillimetres).reduce(0.0) {
                let difference = Double($1.0.0 - $1.0.1) * $1.1
                return $0 + difference * difference
            }
            return squared <= millimetres * millimetres
        }
    }

    @Test("do not hold gas behind a wall, and do hold emphysema")
    func gas() throws {
        let scan = Self.phantom(.normal, rank: 0, size: 192)
        let size = scan.volume.size
        let area = size.height * size.width
        // The middle slice: the middle of its right lung, and the front border of it.
        let slice = size.depth / 2
        let places = (0..<area).filter {
            scan.lungs.voxels[slice * area + $0] == 1 && $0 % size.width < size.width / 2
        }
        let row = places.map { $0 / size.width }.reduce(0, +) / places.count
        let column = places.map { $0 % size.width }.reduce(0, +) / places.count
        let front = try #require(places.map { $0 / size.width }.min())
        var volume = scan.volume
        let emphysema = Self.ball(
            at: [slice, row, column], millimetres: 22, in: volume.geometry
        ).filter { scan.lungs.voxels[$0] == 1 }
        for index in emphysema { volume.voxels[index] = -985 }
        let bowelAt = [slice, front - 2, column]
        let gas = Self.ball(at: bowelAt, millimetres: 13, in: volume.geometry)
        for index in Self.ball(at: bowelAt, millimetres: 19, in: volume.geometry) {
            volume.voxels[index] = 30
        }
        for index in gas { volume.voxels[index] = -985 }
        // A breach: the gas and the lung hang together.
        for down in 0..<8 {
            volume.voxels[slice * area + (front - 2 + down) * size.width + column] = -900
        }
        let lungs = LungSegmentation.lungs(of: volume)
        let held = emphysema.count { lungs.mask[$0] == 1 }
        let wrong = gas.count { lungs.mask[$0] == 1 && scan.lungs.voxels[$0] == 0 }
        print("of emphysema \(held) of \(emphysema.count), of gas \(wrong) of \(gas.count)")
        #expect(emphysema.count > 50 && held == emphysema.count)
        #expect(gas.count > 50 && wrong * 10 <= gas.count)
    }

    @Test("are not found where there are none, and that is said")
    func none() {
        let size = VolumeSize(6, 20, 20)
        let empty = Volume(
            geometry: VolumeGeometry(axial: size, spacingInMillimetres: [5, 3, 3]),
            voxels: [Float](repeating: -1000, count: size.count))
        let lungs = LungSegmentation.lungs(of: empty)
        #expect(lungs.millilitres == 0 && lungs.box == nil)
        #expect(!lungs.warnings.isEmpty)
    }
}
