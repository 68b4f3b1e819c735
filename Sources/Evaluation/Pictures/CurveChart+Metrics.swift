extension CurveChart {
    /// One or more ROC curves with the diagonal of chance.
    package static func rocCurves(
        _ curves: [(name: String, curve: ROCCurve)], title: String = "ROC", notes: [String] = []
    ) -> CurveChart {
        let lines = curves.map { name, curve in
            Series(
                "\(name): AUC \(decimal(curve.area, 3))",
                points: curve.points.map { ($0.falsePositiveRate, $0.truePositiveRate) })
        }
        let chance = Series("Chance", points: [(0, 0), (1, 1)], isReference: true)
        let scans = curves.first.map {
            "\($0.curve.positives) positive, \($0.curve.negatives) negative scans."
        }
        return CurveChart(
            title: title, axes: ("1 - Specificity", "Sensitivity"), series: lines + [chance],
            notes: [scans].compactMap { $0 } + notes)
    }

    /// One or more precision-recall curves, drawn in steps, with the prevalence.
    package static func precisionRecallCurves(
        _ curves: [(name: String, curve: PrecisionRecallCurve)], title: String = "Precision-recall",
        notes: [String] = []
    ) -> CurveChart {
        let lines = curves.map { name, curve in
            var points: [(x: Double, y: Double)] = []
            var recall = 0.0
            for point in curve.points {
                points += [(recall, point.precision), (point.recall, point.precision)]
                recall = point.recall
            }
            return Series(
                "\(name): average precision \(decimal(curve.averagePrecision, 3))", points: points)
        }
        let prevalence = curves.first.map { _, curve in
            Series(
                "Prevalence \(decimal(curve.prevalence, 3))",
                points: [(0, curve.prevalence), (1, curve.prevalence)], isReference: true)
        }
        return CurveChart(
            title: title, axes: ("Recall (sensitivity)", "Precision"),
            series: lines + [prevalence].compactMap { $0 }, notes: notes)
    }

    /// The drop of a logit per occluded slice; `nil` with fewer than two slices.
    package static func occlusion(
        _ occlusion: SliceOcclusion, className: String
    ) -> CurveChart? {
        let drops = occlusion.drops
        guard drops.count > 1 else { return nil }
        let low = min(0, drops.reduce(0, min))
        let high = max(0, drops.reduce(0, max))
        let room = max((high - low) * 0.08, 1e-6)
        let last = Double(drops.count)
        return CurveChart(
            title: "Slice occlusion, \(className)",
            axes: ("Slice", "Drop of the class logit"),
            ranges: (1...last, (low - room)...(high + room)),
            xTicks: Array(stride(from: 1, through: last, by: max(1, (last / 8).rounded(.up)))),
            series: [
                Series("", points: [(1, 0), (last, 0)], isReference: true),
                Series(
                    "Logit \(decimal(occlusion.baseline, 3)) minus logit without the slice",
                    points: drops.enumerated().map { (Double($0.offset + 1), $0.element) }),
            ],
            notes: ["Each slice in turn is replaced by the mean of its neighbours."])
    }
}
