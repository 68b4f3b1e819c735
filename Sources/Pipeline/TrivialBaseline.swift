import CTData
import Evaluation
import Training

/// What features without medical content reach on the test list.
struct TrivialBaseline {
    /// A logistic regression on slice count, size in millimetres and mean intensity.
    let baseline: EvaluationReport.Baseline
    /// The area that each feature reaches alone, on the test list.
    let leaks: [TrivialFeatureLeak]

    /// The baseline, or `nil` where nothing was packed or a list lacks a class.
    init?(data: PreparedData, positiveClass: Int) {
        guard let volumes = data.volumes[.evaluation], !data.testScans.isEmpty else { return nil }
        func features(_ scan: Int) -> [Double] {
            let original = volumes.scans[scan].measured.original
            let spacing = original.spacingInMillimetres
            let extents = [original.slices, original.rows, original.columns].map(Double.init)
            guard spacing.count == 3 else { return extents + [original.mean] }
            return [extents[0]] + zip(extents, spacing).map { $0 * $1 } + [original.mean]
        }
        let isOriented = volumes.scans.allSatisfy {
            $0.measured.original.spacingInMillimetres.count == 3
        }
        let names =
            isOriented
            ? ["slice count", "depth in mm", "height in mm", "width in mm", "mean intensity"]
            : ["slice count", "rows", "columns", "mean intensity"]
        func isPositive(_ scan: Int) -> Bool { data.scans[scan].classIndex == positiveClass }
        let training = (data.fittingScans + data.validationScans).sorted()
        guard
            let model = LogisticRegression(
                features: training.map(features), isPositive: training.map(isPositive))
        else { return nil }
        let scores = data.testScans.map { model.probability(of: features($0)) }
        let truth = data.testScans.map(isPositive)
        let area = ROCCurve.area(scores: scores, isPositive: truth)
        let correct = zip(scores, truth).count { ($0 > 0.5) == $1 }
        baseline = EvaluationReport.Baseline(
            name: "logistic regression", area: area,
            areaInterval: DeLongEstimate(scores: scores, isPositive: truth)?.interval(),
            accuracy: Double(correct) / Double(truth.count), parameters: names.count + 1,
            note: "on " + names.joined(separator: ", ") + " of the whole scan")
        leaks = names.enumerated().compactMap { column, name in
            TrivialFeatureLeak(
                feature: name, values: data.testScans.map { features($0)[column] },
                isPositive: truth)
        }
    }
}
