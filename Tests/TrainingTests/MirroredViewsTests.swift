import Tensors
import Testing
import Training

@Suite("Mirrored views")
struct MirroredViewsTests {
    @Test("are those of the axes that training mirrored, the plain one first")
    func axes() {
        #expect(MirroredView.all(flips: [0, 0, 0]) == [MirroredView(axes: [false, false, false])])
        let two = MirroredView.all(flips: [0.5, 0, 0.25])
        #expect(two.count == 4 && two[0].axes == [false, false, false])
        #expect(two.allSatisfy { !$0.axes[1] } && Set(two).count == 4)
        #expect(MirroredView.all(flips: [0.5, 0.5, 0.5]).count == 8)
    }

    @Test("turn voxels and keep their channels together", arguments: 0..<8)
    func turning(bits: Int) {
        let view = MirroredView(axes: (0..<3).map { bits >> $0 & 1 == 1 })
        let size = VolumeSize(2, 3, 4)
        let values = (0..<48).map(Float.init)
        let turned = view.mirrored(values, size: size, channels: 2)
        #expect(view.mirrored(turned, size: size, channels: 2) == values)
        let corner = [view.axes[0] ? 1 : 0, view.axes[1] ? 2 : 0, view.axes[2] ? 3 : 0]
        let place = 2 * ((corner[0] * 3 + corner[1]) * 4 + corner[2])
        #expect(Array(turned.prefix(2)) == Array(values[place..<(place + 2)]))
    }

    @Test("have a mean in which an answer always on one side lies on both")
    func displacement() {
        let size = VolumeSize(1, 1, 8)
        var volume = [Float](repeating: 0, count: 8)
        (volume[2], volume[5]) = (1, 1)
        // A network that answers one voxel to the right, with a cell on every second voxel.
        let mean = Explanation.mean(of: MirroredView.all(flips: [0, 0, 0.5])) { view in
            let seen = view.mirrored(volume, size: size)
            let answer = (0..<4).map { 2 * $0 > 0 ? seen[2 * $0 - 1] : 0 }
            return Explanation(
                volume: Tensor(shape: [1, 1, 8], elements: seen),
                features: Tensor(shape: [1, 1, 1, 4, 1], elements: answer),
                grid: FeatureGrid(input: size, first: [0, 0, 0], spacing: [1, 1, 2]),
                classifier: Tensor(shape: [1, 1], elements: [1]), logits: [view.axes[2] ? 4 : 2])
        }
        #expect(mean.volume.elements == volume)
        #expect(mean.logits == [3])
        // Voxel 5 is answered plainly at 6, by cell 3. Voxel 2 lies at 5 in the mirror and is answered
        // by cell 3 there, which is the first cell from the left.
        #expect(mean.features.elements == [0.5, 0, 0, 0.5])
        // Cells lie on 0, 2, 4, 6 of the plain view and on 1, 3, 5, 7 of the mirrored one.
        #expect(mean.grid.first == [0, 0, 0.5])
        #expect(mean.grid.spacing == [1, 1, 2])
    }
}
