import Evaluation
import Foundation
import Tensors
import Testing

/// Studies with two scans per patient that share half of their noise, simulated over and over: the
/// intervals of 95 % are to hold the true accuracy and area in about 95 of 100.
@Suite("Coverage of the bootstrap's intervals")
struct CoverageTests {
    /// Where `Tests/Acceptance` wants the long simulation written to.
    static let path = ProcessInfo.processInfo.environment["VOXELNAS_COVERAGE"]

    /// The distance of the classes, in standard deviations of the scores.
    private static let distance = 1.5

    private static func coverage(
        patients: Int, studies: Int, resamples: Int
    ) -> (accuracy: Double, area: Double) {
        let truth = [
            1 - StandardNormal.upperTail(distance / 2),
            1 - StandardNormal.upperTail(distance / 2.0.squareRoot()),
        ]
        let clusters = (0..<patients).map { [2 * $0, 2 * $0 + 1] }
        let labels = (0..<(2 * patients)).map { $0 / 2 % 2 == 0 }
        var hits = [0, 0]
        for study in 0..<studies {
            var stream = RandomStream(
                seed: 31, name: "coverage/\(patients)", counters: UInt32(study))
            let scores = (0..<patients).flatMap { patient in
                let shared = stream.nextNormal()
                return (0..<2).map { _ in
                    (shared + stream.nextNormal()) / 2.0.squareRoot()
                        + (patient % 2 == 0 ? distance : 0)
                }
            }
            let intervals = BootstrapInterval.intervals(
                clusters: clusters,
                plan: BootstrapPlan(resamples: resamples, seed: UInt64(study)), count: 2
            ) { rows in
                let right = rows.count { (scores[$0] > distance / 2) == labels[$0] }
                return [
                    Double(right) / Double(rows.count),
                    ROCCurve.area(
                        scores: rows.map { scores[$0] }, isPositive: rows.map { labels[$0] }),
                ]
            }
            for (entry, value) in truth.enumerated() {
                guard let ends = intervals[entry]?.interval else { continue }
                if ends.lower <= value, value <= ends.upper { hits[entry] += 1 }
            }
        }
        return (Double(hits[0]) / Double(studies), Double(hits[1]) / Double(studies))
    }

    /// Plain percentiles give 0.90 to 0.92 for the area here.
    ///
    /// The binomial standard deviation of 300
    /// studies is 1.3 %.
    @Test("is near 95 % with few patients", .enabled(if: path == nil))
    func brief() {
        let found = Self.coverage(patients: 30, studies: 300, resamples: 200)
        #expect((0.925...0.98).contains(found.accuracy))
        #expect((0.925...0.98).contains(found.area))
    }

    @Test("is written for several numbers of patients", .enabled(if: path != nil))
    func long() throws {
        let path = try #require(Self.path)
        var lines: [[String: Double]] = []
        for patients in [30, 60, 120] {
            let found = Self.coverage(patients: patients, studies: 1500, resamples: 400)
            lines.append([
                "patients": Double(patients), "accuracy": found.accuracy, "area": found.area,
            ])
        }
        try JSONEncoder().encode(lines).write(to: URL(filePath: path))
    }
}
