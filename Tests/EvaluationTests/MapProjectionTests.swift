import Evaluation
import Tensors
import Testing

@Suite("A map on the scan's own voxels")
struct MapProjectionTests {
    private static let map = Tensor(
        shape: [2, 2, 3], elements: [0, 1, 2, 3, 4, 5, 60, 70, 80, 90, 100, 110])

    @Test("is the enlarged map where the scan is the input")
    func identity() throws {
        let input = VolumeSize(4, 6, 9)
        func centres(_ count: Int) -> [Double?] { (0..<count).map(Double.init) }
        let projected = MapProjection.project(
            Self.map, grid: FeatureGrid(of: VolumeSize(2, 2, 3), sharing: input),
            slices: centres(4),
            rows: centres(6), columns: centres(9))
        let map = try ClassActivationMap(
            features: Tensor(shape: [2, 2, 3, 1], elements: Self.map.elements),
            classifier: Tensor(shape: [1, 1], elements: [1]), classIndex: 0)
        let upsampled = map.upsampled(to: input)
        #expect(projected.shape == upsampled.shape)
        for (own, other) in zip(projected.elements, upsampled.elements) {
            #expect(abs(own - other) < 1e-4)
        }
    }

    @Test("interpolates between input voxels, and is 0 where nothing was seen")
    func between() {
        let projected = MapProjection.project(
            Self.map, grid: FeatureGrid(of: VolumeSize(2, 2, 3), sharing: VolumeSize(2, 2, 3)),
            slices: [nil, 0.5], rows: [0, nil],
            columns: [0.25, 2])
        #expect(projected.shape == [2, 2, 2])
        #expect(projected.elements == [0, 0, 0, 0, 31.375, 41, 0, 0])
    }
}

@Suite("A reliability diagram")
struct ReliabilityTests {
    @Test("has the gaps that the calibration error adds up")
    func gaps() throws {
        let rows = try Samples.cohort(patients: 40, scans: 2, seed: 8)
        let bins = ReliabilityBin.bins(of: rows)
        #expect(bins.reduce(0) { $0 + $1.scans } == rows.rows.count)
        let error =
            bins.reduce(0) { $0 + abs($1.confidence - $1.accuracy) * Double($1.scans) }
            / Double(rows.rows.count)
        #expect(close(Calibration.expectedCalibrationError(of: rows), error, 1e-12))
        #expect(bins.map(\.confidence) == bins.map(\.confidence).sorted())
    }
}

@Suite("A model card")
struct ModelCardTests {
    @Test("says what the model is not for, and shows intervals and raw counts")
    func card() throws {
        let rows = try Samples.cohort(patients: 30, scans: 1, seed: 4)
        let summary = MetricSummary(of: rows, positive: 1, plan: BootstrapPlan(resamples: 100))
        var report = EvaluationReport(
            runName: "first",
            data: .init(
                name: "chests", fingerprints: [.init("shards", "abc123")],
                splits: [.init(name: "test", patients: 30, scansPerClass: [15, 15])]),
            classes: rows.classes, positiveClass: rows.classes[1], testOpenings: 1)
        report.retrainings = [
            .init(
                seed: 1, lastEpoch: .init(epoch: 9, test: summary),
                bestValidation: .init(epoch: 7, test: summary))
        ]
        let facts = ModelCard.Facts(
            model: [("Architecture", "`012`")], cells: [("1", ["k3e3", "skip"])],
            preprocessing: ["Windowed."], training: ["Adam."], files: ["model-seed1.safetensors"],
            choosesBestEpoch: true)
        let card = ModelCard(report, facts: facts).markdown
        #expect(card.contains("**Research use only.**"))
        #expect(card.contains("`abc123`"))
        #expect(card.contains("| Metric | Seed 1, epoch 7 |"))
        let interval = try #require(summary["rocAUC"]?.bootstrap?.interval)
        #expect(interval.lower < interval.upper)
        let counts = summary.positiveCounts
        #expect(
            card.contains(
                "\(counts.truePositives) / \(counts.falsePositives) / \(counts.falseNegatives) / "
                    + "\(counts.trueNegatives)"))
        #expect(card.contains("opened once"))
        #expect(card.contains("k3e3 → skip"))
    }
}
