import Evaluation
import Tensors

/// Predictions for tests.
enum Samples {
    /// Two-class predictions from probabilities of class 1, one patient per scan unless given.
    static func binary(
        _ scores: [Double], positive: [Bool], patients: [String]? = nil
    ) throws -> Predictions {
        try Predictions(
            classes: ["Normal", "NCP"],
            rows: scores.indices.map { index in
                Prediction(
                    scan: "s\(index)", patient: patients?[index] ?? "p\(index)",
                    label: positive[index] ? 1 : 0,
                    probabilities: [1 - scores[index], scores[index]])
            })
    }

    /// Noisy scores of a model that is right more often than not, `scans` per patient.
    static func cohort(patients: Int, scans: Int, seed: UInt64) throws -> Predictions {
        var stream = RandomStream(seed: seed, name: "cohort")
        var rows: [Prediction] = []
        for patient in 0..<patients {
            let label = patient % 3 == 0 ? 1 : 0
            let centre = (label == 1 ? 0.62 : 0.38) + 0.12 * stream.nextNormal()
            for scan in 0..<scans {
                let score = min(max(centre + 0.05 * stream.nextNormal(), 0.01), 0.99)
                rows.append(
                    Prediction(
                        scan: "p\(patient)-\(scan)", patient: "p\(patient)", label: label,
                        probabilities: [1 - score, score]))
            }
        }
        return try Predictions(classes: ["Normal", "NCP"], rows: rows)
    }
}

/// Whether two numbers agree to a tolerance; absent ones never do.
func close(_ first: Double?, _ second: Double, _ tolerance: Double = 1e-12) -> Bool {
    guard let first else { return false }
    return abs(first - second) <= tolerance
}
