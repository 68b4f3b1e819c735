import Evaluation
import Foundation
import Tensors
import Testing

/// Made-up slices: two lungs in a body, a lesion in one of them.
enum Phantom {
    static let size = VolumeSize(16, 96, 96)

    static func volume() -> Tensor {
        var stream = RandomStream(seed: 1, name: "phantom")
        var values: [Float] = []
        for z in 0..<size.depth {
            for y in 0..<size.height {
                for x in 0..<size.width {
                    let (u, v) = (Double(x) / 95 * 2 - 1, Double(y) / 95 * 2 - 1)
                    let w = Double(z) / 15 * 2 - 1
                    var value = -1000.0
                    if u * u / 0.85 + v * v / 0.6 < 1 { value = 40 }
                    for side in [-0.42, 0.42] {
                        let lung = (u - side) * (u - side) / 0.09 + v * v / 0.3 + w * w * 0.5
                        if lung < 1 { value = -850 }
                    }
                    let lesion = (u - 0.45) * (u - 0.45) + (v - 0.25) * (v - 0.25)
                    if value == -850, lesion + (w - 0.2) * (w - 0.2) * 0.2 < 0.035 { value = -350 }
                    values.append(Float(value + 45 * stream.nextNormal()))
                }
            }
        }
        return Tensor(shape: [size.depth, size.height, size.width], elements: values)
    }

    static func map(depth: Int) throws -> ClassActivationMap {
        var values: [Float] = []
        for z in 0..<depth {
            for y in 0..<6 {
                for x in 0..<6 {
                    let (dx, dy) = (Double(x) - 3.8, Double(y) - 3.2)
                    let dz = (Double(z) + 0.5) / Double(depth) - 0.6
                    let peak = PortableMath.exp(-(dx * dx + dy * dy) / 1.5 - dz * dz * 12)
                    let against = PortableMath.exp(-(dx + 2.6) * (dx + 2.6) - dy * dy / 3)
                    values.append(Float(3.2 * peak - 1.1 * against - 0.2))
                }
            }
        }
        return try ClassActivationMap(
            features: Tensor(shape: [depth, 6, 6, 1], elements: values),
            classifier: Tensor(shape: [1, 1], elements: [1]), classIndex: 0)
    }
}

@Suite("Pictures")
struct PictureTests {
    /// Writes a picture for a person to look at when `VOXELNAS_PICTURES` names a folder.
    static func keep(_ image: PixelImage, _ name: String) throws {
        guard let folder = ProcessInfo.processInfo.environment["VOXELNAS_PICTURES"] else { return }
        var data = Data("P6\n\(image.width) \(image.height)\n255\n".utf8)
        data.append(contentsOf: image.rgb)
        try data.write(to: URL(filePath: folder).appending(path: name + ".ppm"))
    }

    @Test("of a montage are as large as their parts", arguments: HeatNormalization.allCases)
    func montage(normalization: HeatNormalization) throws {
        let overlay = try HeatmapOverlay(
            of: Phantom.map(depth: 4), over: Phantom.volume(), normalization: normalization)
        let montage = SliceMontage(
            overlay,
            caption: .init(
                scan: "phantom-001", explainedClass: "NCP", probability: 0.934, label: "NCP",
                leftMark: "R"),
            maximumSlices: 8, tileWidth: 160)
        #expect(montage.slices == [0, 2, 4, 6, 8, 10, 12, 15])
        let picture = montage.picture()
        #expect(picture.rgb.count == picture.width * picture.height * 3)
        #expect(picture.width > 4 * 160 && picture.height > 4 * 160)
        try Self.keep(picture, "montage-\(normalization.rawValue)")
    }

    @Test("of a flat map differ in their note and in every slice's colours")
    func flatDepth() throws {
        let overlay = try HeatmapOverlay(of: Phantom.map(depth: 1), over: Phantom.volume())
        let caption = SliceMontage.Caption(
            scan: "phantom-001", explainedClass: "NCP", probability: 0.5)
        let montage = SliceMontage(
            overlay, caption: caption, maximumSlices: 6, columns: 3, showsPlainSlices: false)
        #expect(overlay.depthStatement.contains("every slice shows the same map"))
        try Self.keep(montage.picture(), "montage-depth-1")
    }

    @Test("show red where the evidence is and the plain slice where there is none")
    func colours() throws {
        // Evidence at the right edge of the picture only.
        let map = try ClassActivationMap(
            features: Tensor(shape: [1, 1, 4, 1], elements: [0, 0, 0, 5]),
            classifier: Tensor(shape: [1, 1], elements: [1]), classIndex: 0)
        let volume = Tensor(repeating: -600, shape: [2, 8, 8])
        let overlay = try HeatmapOverlay(of: map, over: volume)
        let image = overlay.slice(0, width: 160)
        let grey = overlay.greySlice(0, width: 160)
        #expect(grey[0, 80] == PixelColor(grey: 128))
        #expect(image[0, 80] == grey[0, 80])
        #expect(Int(image[159, 80].red) > Int(image[159, 80].blue) + 80)
        #expect(image[159, 80] != grey[159, 80])
    }

    @Test("run from blue to red", arguments: [ColorMap.blueToRed, .blueWhiteRed])
    func colourMap(map: ColorMap) {
        let (low, high) = (map.color(at: 0), map.color(at: 1))
        #expect(low.blue > 150 && low.red < 60)
        #expect(high.red > 200 && high.blue < 60)
        #expect(map.color(at: -3) == low)
        #expect(map.color(at: 3) == high)
    }

    @Test("are windowed from black to white")
    func window() {
        #expect(GreyWindow.lung.grey(-1350) == PixelColor(grey: 0))
        #expect(GreyWindow.lung.grey(150) == PixelColor(grey: 255))
        #expect(GreyWindow.lung.grey(3000) == PixelColor(grey: 255))
        #expect(GreyWindow.unitInterval.grey(0.2) == PixelColor(grey: 51))
    }

    @Test("refuse a volume that has not three axes")
    func volumeShape() throws {
        let map = try Phantom.map(depth: 1)
        #expect(throws: EvaluationError.self) {
            try HeatmapOverlay(of: map, over: Tensor(repeating: 0, shape: [4, 4]))
        }
    }

    @Test("of curves and counts are drawn")
    func charts() throws {
        let rows = try Samples.cohort(patients: 90, scans: 1, seed: 4)
        let other = try Samples.cohort(patients: 90, scans: 1, seed: 8)
        let roc = try #require(ROCCurve(of: rows, positive: 1))
        let second = try #require(ROCCurve(of: other, positive: 1))
        let pr = try #require(PrecisionRecallCurve(of: rows, positive: 1))
        let chart = CurveChart.rocCurves([("Found network", roc), ("Baseline", second)])
        #expect(chart.series.map(\.isReference) == [false, false, true])
        let picture = chart.picture()
        // The first curve leaves its colour on the picture, and so does the second.
        let blue = PixelColor(94, 182, 255)
        let orange = PixelColor(255, 160, 92)
        let pixels = (0..<(picture.width * picture.height)).map {
            picture[$0 % picture.width, $0 / picture.width]
        }
        #expect(pixels.count { $0 == blue } > 200)
        #expect(pixels.count { $0 == orange } > 200)
        try Self.keep(picture, "roc")
        try Self.keep(
            CurveChart.precisionRecallCurves([("Found network", pr)]).picture(), "precision-recall")
        let matrix = ConfusionMatrix(
            classes: ["NCP", "CP", "Normal"], counts: [[277, 20, 5], [30, 260, 13], [5, 9, 179]])
        try Self.keep(matrix.picture(title: "Test split"), "confusion")
        let occlusion = SliceOcclusion(
            baseline: 2.1, occluded: [2.1, 2.0, 1.4, 0.9, 1.6, 2.2, 2.1, 2.1])
        let drops = try #require(CurveChart.occlusion(occlusion, className: "NCP"))
        #expect(drops.ranges.y.contains(1.2) && drops.ranges.y.contains(-0.1))
        try Self.keep(drops.picture(), "occlusion")
        let single = SliceOcclusion(baseline: 1, occluded: [0])
        #expect(CurveChart.occlusion(single, className: "NCP") == nil)
    }

    @Test("tell the confusion matrices of two models apart, also of an empty class")
    func confusion() {
        let one = ConfusionMatrix(classes: ["A", "B"], counts: [[3, 1], [0, 0]])
        let other = ConfusionMatrix(classes: ["A", "B"], counts: [[2, 2], [0, 0]])
        #expect(one.picture() != other.picture())
    }
}
