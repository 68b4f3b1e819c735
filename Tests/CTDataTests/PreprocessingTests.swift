import CTData
import ImageCodecs
import RunConfiguration
import Tensors
import Testing

@Suite("Slice selection")
struct SliceSelectionTests {
    private func select(
        _ count: Int, _ target: Int, _ method: InputConfiguration.SliceSampling, seed: UInt64 = 1
    ) -> [Int] {
        var stream = RandomStream(seed: seed, name: "slices")
        return SliceSelection.indices(of: count, target: target, by: method, stream: &stream)
    }

    /// The reference vectors of the method's description.
    @Test(
        "around the middle is that of the paper's code",
        arguments: [
            (7, 15, [0, 0, 1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 6]),
            (7, 10, [0, 1, 1, 2, 3, 3, 4, 5, 5, 6]), (7, 3, [1, 3, 5]),
            (3, 7, [0, 0, 1, 1, 1, 2, 2]), (8, 3, [1, 3, 5]), (8, 4, [1, 3, 5, 7]),
            (63, 32, Array(16...47)), (64, 32, Array(stride(from: 1, to: 64, by: 2))),
            (7, 14, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]), (5, 5, [0, 1, 2, 3, 4]),
            (1, 3, [0, 0, 0]),
        ])
    func symmetric(count: Int, target: Int, expected: [Int]) {
        #expect(select(count, target, .symmetric) == expected)
    }

    @Test(
        "of every rule is ascending, in bounds and of the asked length",
        arguments: InputConfiguration.SliceSampling.allCases)
    func inBounds(method: InputConfiguration.SliceSampling) {
        for count in 1...80 {
            for target in [1, 2, 3, 7, 16, 32, 40, 79, 80] {
                let indices = select(count, target, method, seed: UInt64(count))
                #expect(indices.count == target)
                #expect(indices == indices.sorted())
                #expect(indices.allSatisfy { (0..<count).contains($0) })
                if target >= count {
                    #expect(method == .jitteredSpan || Set(indices).count == count)
                }
                if target < count, method != .jitteredSpan { #expect(Set(indices).count == target) }
            }
        }
    }

    @Test("over the whole span takes the middles of equal parts")
    func uniformSpan() {
        #expect(select(64, 4, .uniformSpan) == [8, 24, 40, 56])
        #expect(select(3, 7, .uniformSpan) == [0, 0, 1, 1, 1, 2, 2])
    }

    @Test("at random takes each slice equally often")
    func uniform() {
        var down = [Int](repeating: 0, count: 10)
        var up = [Int](repeating: 0, count: 4)
        for seed in 0..<4000 {
            for index in select(10, 3, .random, seed: UInt64(seed)) { down[index] += 1 }
            for index in select(4, 6, .random, seed: UInt64(seed)) { up[index] += 1 }
        }
        // Binomial with sd 29 around 1,200; 2 extra copies over 4: sd 39 around 6,000. Five sd.
        #expect(down.allSatisfy { abs($0 - 1200) < 145 })
        #expect(up.allSatisfy { abs($0 - 6000) < 195 })
    }
}

@Suite("Resizing")
struct ResizeTests {
    private func pattern(_ height: Int, _ width: Int) -> [Float] {
        (0..<(height * width)).map { index in
            let (y, x) = (index / width, index % width)
            return Float((x * 37 + y * 101 + x * y * 13) % 256)
        }
    }

    /// Pillow 12, mode F, BILINEAR.
    static let reduced: [Float] = [
        92.30476379394531, 136.22943115234375, 139.33877563476562, 97.31169128417969,
        141.1809539794922,
        108.625, 119.75757598876953, 124.20357513427734, 115.78030395507812, 126.5250015258789,
        152.07843017578125, 140.25489807128906, 133.85882568359375, 114.4117660522461,
        128.188232421875,
        145.77500915527344, 124.30303192138672, 121.16786193847656, 152.8863525390625,
        149.74166870117188,
        124.76190185546875, 138.44589233398438, 124.38367462158203, 110.74891662597656,
        129.75238037109375,
    ]
    static let enlarged: [Float] = [
        0.0, 25.899999618530273, 55.5, 85.0999984741211, 111.0,
        40.400001525878906, 69.94000244140625, 103.69999694824219, 137.45999145507812, 167.0,
        101.0, 136.0, 176.0, 216.0, 251.0,
        161.60000610351562, 94.54000091552734, 94.69999694824219, 140.94000244140625,
        181.39999389648438,
        202.0, 66.9000015258789, 40.5, 90.9000015258789, 135.0,
    ]
    static let nearest: [Float] = [
        37, 111, 222, 77, 151, 9, 135, 68, 1, 127, 237, 159, 170, 181, 103, 209, 183, 16, 105, 79,
        181, 207,
        118, 29, 55,
    ]

    @Test(
        "agrees with Pillow",
        arguments: [(9, 13, true, reduced), (3, 4, true, enlarged), (9, 13, false, nearest)])
    func pillow(height: Int, width: Int, antialiased: Bool, expected: [Float]) {
        let resize = SliceResize(
            inputHeight: height, inputWidth: width, height: 5, width: 5, ratio: 1,
            antialiased: antialiased)
        let found = resize(pattern(height, width))
        // The last bit of float32 at 256.
        for (a, b) in zip(found, expected) { #expect(abs(a - b) < 4e-5) }
    }

    @Test("crops the centre of the larger size")
    func crop() {
        let ratio = 1.25
        let whole = SliceResize(
            inputHeight: 40, inputWidth: 50, height: 20, width: 20, ratio: 1, antialiased: true)
        let part = SliceResize(
            inputHeight: 40, inputWidth: 50, height: 16, width: 16, ratio: ratio, antialiased: true)
        let large = whole(pattern(40, 50))
        let small = part(pattern(40, 50))
        for row in 0..<16 {
            for column in 0..<16 {
                #expect(small[row * 16 + column] == large[(row + 2) * 20 + column + 2])
            }
        }
    }

    private func ramp(_ size: VolumeSize, _ spacing: [Double]) -> Volume {
        let geometry = VolumeGeometry(axial: size, spacingInMillimetres: spacing)
        var voxels: [Float] = []
        for z in 0..<size.depth {
            for y in 0..<size.height {
                for x in 0..<size.width {
                    // A linear function of the position in millimetres about the centre.
                    let place = [(z, size.depth), (y, size.height), (x, size.width)].enumerated()
                        .map {
                            (Double($1.0) - Double($1.1 - 1) / 2) * spacing[$0]
                        }
                    voxels.append(Float(3 * place[0] - 5 * place[1] + 7 * place[2] - 300))
                }
            }
        }
        return Volume(geometry: geometry, voxels: voxels)
    }

    @Test(
        "in millimetres keeps a linear field, whatever the spacings",
        arguments: [[2.5, 0.7, 0.8], [1, 1.2, 0.9], [0.45, 0.5, 0.6]])
    func linear(spacing: [Double]) {
        let size = VolumeSize(4, 8, 10)
        let resampling = PhysicalResampling(size: size, spacingInMillimetres: [1, 1.2, 0.9])
        let (voxels, padding) = resampling(ramp(VolumeSize(24, 48, 50), spacing))
        let expected = ramp(size, [1, 1.2, 0.9]).voxels
        #expect(padding.allSatisfy { $0 == 0 })
        // The sampled triangle of a coarser axis is centred to a tenth of a voxel.
        let tolerance: Float = spacing == [1, 1.2, 0.9] ? 1e-3 : 0.7
        for (a, b) in zip(voxels, expected) { #expect(abs(a - b) < tolerance) }
    }

    @Test("in millimetres marks what lies outside the scan as padding")
    func padding() {
        let volume = Volume(
            geometry: VolumeGeometry(axial: VolumeSize(2, 6, 6), spacingInMillimetres: [2, 1, 1]),
            voxels: [Float](repeating: 40, count: 72))
        // The scan spans 4 mm of depth: of 8 slices at 1 mm the middle four are inside.
        let (voxels, padding) = PhysicalResampling(
            size: VolumeSize(8, 4, 8), spacingInMillimetres: [1, 1, 1])(volume)
        #expect(voxels.allSatisfy { $0 == 40 })
        for z in 0..<8 {
            for y in 0..<4 {
                for x in 0..<8 {
                    let isOutside = !(2..<6).contains(z) || !(1..<7).contains(x)
                    #expect(padding[(z * 4 + y) * 8 + x] == (isOutside ? 1 : 0))
                }
            }
        }
    }

    @Test("in millimetres averages instead of skipping when it gets coarser")
    func antialiasing() {
        let size = VolumeSize(1, 1, 64)
        let stripes = Volume(
            geometry: VolumeGeometry(axial: size, spacingInMillimetres: [1, 1, 0.25]),
            voxels: (0..<64).map { ($0 + 1) % 4 < 2 ? -1000 : 1000 })
        let (voxels, _) = PhysicalResampling(
            size: VolumeSize(1, 1, 8), spacingInMillimetres: [1, 1, 1])(stripes)
        #expect(voxels.allSatisfy { abs($0) < 1e-3 })
    }
}
