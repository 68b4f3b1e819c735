import Evaluation
import Tensors
import Testing

@Suite("A class activation map")
struct ClassActivationMapTests {
    /// Two voxels along w with three features each; two classes.
    static let features = Tensor(shape: [1, 1, 2, 3], elements: [1, 2, 3, 0, 1, -1])
    static let classifier = Tensor(shape: [3, 2], elements: [1, 10, 0.5, 20, -1, 30])

    @Test(
        "weighs the features of every voxel, with or without a batch axis",
        arguments: [false, true])
    func weights(batched: Bool) throws {
        let shape = batched ? [1, 1, 1, 2, 3] : [1, 1, 2, 3]
        let features = Tensor(shape: shape, elements: Self.features.elements)
        let map = try ClassActivationMap(
            features: features, classifier: Self.classifier, classIndex: 0)
        #expect(map.raw == Tensor(shape: [1, 1, 2], elements: [-1, 1.5]))
        let other = try ClassActivationMap(
            features: features, classifier: Self.classifier, classIndex: 1)
        #expect(other.raw.elements == [140, -10])
    }

    @Test("has the logit without bias as its mean")
    func logit() throws {
        var stream = RandomStream(seed: 1, name: "features")
        let values = (0..<(2 * 3 * 4 * 5)).map { _ in Float(stream.nextNormal()) }
        let weights = (0..<10).map { _ in Float(stream.nextNormal()) }
        let map = try ClassActivationMap(
            features: Tensor(shape: [2, 3, 4, 5], elements: values),
            classifier: Tensor(shape: [5, 2], elements: weights), classIndex: 1)
        let pooled = (0..<5).map { channel in
            stride(from: channel, to: 120, by: 5).reduce(0) { $0 + Double(values[$1]) } / 24
        }
        let logit = (0..<5).reduce(0) { $0 + pooled[$1] * Double(weights[$1 * 2 + 1]) }
        #expect(close(map.mean, logit, 1e-6))
    }

    @Test("lies where its cells look, behind convolutions with a stride")
    func strided() throws {
        let map = try ClassActivationMap(
            features: Tensor(shape: [1, 1, 2, 1], elements: [8, 16]),
            classifier: Tensor(shape: [1, 1], elements: [1]), classIndex: 0,
            grid: FeatureGrid(input: VolumeSize(1, 1, 8), first: [0, 0, 0], spacing: [1, 1, 4]))
        #expect(map.upsampled(to: VolumeSize(1, 1, 8)).elements == [8, 10, 12, 14, 16, 16, 16, 16])
        // A finer picture of the same body: its pixels lie between the input's.
        let fine = map.upsampled(to: VolumeSize(1, 1, 16)).elements
        #expect(Array(fine.prefix(5)) == [8, 8.5, 9.5, 10.5, 11.5])
    }

    @Test("refuses shapes that do not fit")
    func shapes() {
        #expect(throws: EvaluationError.self) {
            try ClassActivationMap(
                features: Tensor(repeating: 0, shape: [2, 1, 1, 2, 3]), classifier: Self.classifier,
                classIndex: 0)
        }
        #expect(throws: EvaluationError.self) {
            try ClassActivationMap(
                features: Tensor(repeating: 0, shape: [1, 1, 2, 4]), classifier: Self.classifier,
                classIndex: 0)
        }
        #expect(throws: EvaluationError.classOutOfRange(2, classes: 2)) {
            try ClassActivationMap(
                features: Self.features, classifier: Self.classifier, classIndex: 2)
        }
    }

    @Test("is enlarged with half-pixel centres and held edges, along each axis", arguments: 0..<3)
    func upsampling(axis: Int) {
        var shape = [1, 1, 1]
        shape[axis] = 2
        var target = [1, 1, 1]
        target[axis] = 4
        let volume = Tensor(shape: shape, elements: [0, 1])
        let result = LinearResampling.resample(
            volume, to: VolumeSize(target[0], target[1], target[2]))
        #expect(result == Tensor(shape: target, elements: [0, 0.25, 0.75, 1]))
    }

    @Test("keeps its mirror image, constants and its own size")
    func resampling() {
        var stream = RandomStream(seed: 2, name: "volume")
        let values = (0..<30).map { _ in Float(stream.nextNormal()) }
        let size = VolumeSize(5, 9, 4)
        let volume = Tensor(shape: [2, 3, 5], elements: values)
        let mirrored = Tensor(shape: [2, 3, 5], elements: values.reversed())
        let first = LinearResampling.resample(volume, to: size).elements
        let second = LinearResampling.resample(mirrored, to: size).elements
        #expect(zip(first, second.reversed()).allSatisfy { abs($0.0 - $0.1) < 1e-5 })
        #expect(LinearResampling.resample(volume, to: VolumeSize(2, 3, 5)) == volume)
        let flat = Tensor(repeating: 3.5, shape: [2, 2, 2])
        #expect(LinearResampling.resample(flat, to: size).elements.allSatisfy { $0 == 3.5 })
    }

    @Test(
        "says what its depth allows", arguments: [(1, "nothing about single slices"), (4, "share")])
    func statement(depth: Int, phrase: String) throws {
        let map = try ClassActivationMap(
            features: Tensor(repeating: 1, shape: [depth, 1, 1, 3]), classifier: Self.classifier,
            classIndex: 0)
        #expect(map.depthStatement(slices: 32).contains(phrase))
        #expect(map.depthStatement(slices: 32).contains("Raw map \(depth)×1×1 for 32 slices"))
    }
}

@Suite("A heat scale")
struct HeatScaleTests {
    /// Slice 0 holds 0...100, slice 1 holds -200...0.
    static let map = Tensor(
        shape: [2, 1, 101], elements: (0...100).map { Float($0) } + (0...100).map { Float(-2 * $0) }
    )

    @Test("spans percentiles 1 to 99 of the volume")
    func percentiles() {
        let hundred = Tensor(shape: [1, 1, 101], elements: (0...100).map { Float($0) })
        let scale = HeatScale(hundred, normalization: .percentiles)
        #expect(scale.ends == [1...99])
        #expect(scale.level(50, slice: 0) == 0.5)
        #expect(scale.level(-5, slice: 0) == 0)
        #expect(scale.level(500, slice: 0) == 1)
        #expect(scale.visibility(0.2) == 0)
        #expect(scale.visibility(1) == 1)
    }

    @Test("keeps 0 in the middle when symmetric, and shows both ends")
    func symmetric() {
        let scale = HeatScale(Self.map, normalization: .symmetric)
        #expect(scale.level(0, slice: 0) == 0.5)
        #expect(scale.ends[0].lowerBound == -scale.ends[0].upperBound)
        #expect(scale.visibility(0.5) == 0)
        #expect(scale.visibility(0) == 1)
        #expect(scale.visibility(1) == 1)
    }

    @Test("has ends of its own for each slice when asked")
    func perSlice() {
        let scale = HeatScale(Self.map, normalization: .perSlice)
        #expect(scale.ends == [1...99, (-198)...(-2)])
        #expect(scale.level(-2, slice: 1) == 1)
    }

    @Test("shows nothing of a flat map", arguments: HeatNormalization.allCases)
    func flat(normalization: HeatNormalization) {
        let scale = HeatScale(Tensor(repeating: 0, shape: [1, 2, 2]), normalization: normalization)
        #expect(scale.visibility(scale.level(0, slice: 0)) == 0)
    }
}

@Suite("Slice occlusion")
struct SliceOcclusionTests {
    @Test("replaces a slice by the mean of its neighbours")
    func replacing() {
        let volume = Tensor(shape: [3, 1, 2], elements: [0, 1, 10, 20, 4, 5])
        func replaced(_ slice: Int) -> [Float] {
            SliceOcclusion.replacing(slice: slice, in: volume).elements
        }
        #expect(replaced(0) == [10, 20, 10, 20, 4, 5])
        #expect(replaced(1) == [0, 1, 2, 3, 4, 5])
        #expect(replaced(2) == [0, 1, 10, 20, 10, 20])
        let only = Tensor(shape: [1, 1, 2], elements: [1, 3])
        #expect(SliceOcclusion.replacing(slice: 0, in: only).elements == [2, 2])
    }

    @Test("drops most at the slice that holds the evidence")
    func curve() {
        var volume = Tensor(repeating: 0, shape: [6, 2, 2])
        for offset in 12..<16 { volume.elements[offset] = 1 }
        let occlusion = SliceOcclusion(volume: volume) { scan in
            Double(scan.elements.reduce(0, +))
        }
        #expect(occlusion.baseline == 4)
        // Slices 2 and 4 take half of slice 3's signal over when they are replaced.
        #expect(occlusion.drops == [0, 0, -2, 4, -2, 0])
    }
}
