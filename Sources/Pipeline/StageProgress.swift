import Foundation
package import Training

/// Where a run stands, as written to `progress.json` and shown on the terminal.
package struct StageProgress: Codable, Hashable, Sendable {
    /// What is being done, such as `search` or `retraining 2 of 3`.
    package var stage: String
    /// Units done.
    package var done: Int
    /// Units in all.
    package var total: Int
    /// What a unit is, such as `steps`.
    package var unit: String
    /// A short remark, such as the last loss.
    package var remark: String
    /// Seconds since this process began the stage.
    package var elapsedSeconds: Double
    /// Seconds that the rest will take at the pace so far; absent at the start.
    package var remainingSeconds: Double?
    /// When this was written, in seconds since 1970.
    package var time: Double
    /// The process that writes it.
    package var process: Int32
    /// The root of the search's state, in hexadecimal; absent in stages that have none.
    package var root: String?

    /// The share done.
    package var share: Double { total > 0 ? Double(done) / Double(total) : 0 }

    /// One line for a terminal.
    package var line: String {
        let percent = String(format: "%5.1f %%", 100 * share)
        let rest = remainingSeconds.map { ", \(Self.duration($0)) to go" } ?? ""
        let note = remark.isEmpty ? "" : "  \(remark)"
        return "\(stage): \(done)/\(total) \(unit) \(percent)\(rest)\(note)"
    }

    /// A duration such as `1 h 05 min` or `42 s`.
    package static func duration(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded())
        if whole >= 3600 {
            return "\(whole / 3600) h \(String(format: "%02d", whole / 60 % 60)) min"
        }
        if whole >= 60 { return "\(whole / 60) min \(String(format: "%02d", whole % 60)) s" }
        return "\(whole) s"
    }
}

/// Measures a stage and tells others how far it is.
package struct ProgressMeter: Sendable {
    private let stage: String
    private let unit: String
    private let total: Int
    private let first: Int
    private let start: ContinuousClock.Instant
    private let report: @Sendable (StageProgress) -> Void

    /// A meter that starts now.
    ///
    /// - Parameters:
    ///   - stage: What is being done.
    ///   - unit: What is counted.
    ///   - first: Units that an earlier process did.
    ///   - total: Units in all.
    ///   - report: Told of every ``update(_:remark:)``.
    package init(
        stage: String, unit: String, first: Int = 0, total: Int,
        report: @escaping @Sendable (StageProgress) -> Void
    ) {
        self.stage = stage
        self.unit = unit
        self.first = first
        self.total = total
        self.report = report
        start = .now
    }

    /// Reports that `done` units are finished, of a total that may be known only now.
    package func update(
        _ done: Int, of total: Int? = nil, remark: String = "", root: StateRoot? = nil
    ) {
        let total = total ?? self.total
        let elapsed = (ContinuousClock.now - start) / Duration.seconds(1)
        let pace = done > first ? elapsed / Double(done - first) : nil
        report(
            StageProgress(
                stage: stage, done: done, total: total, unit: unit, remark: remark,
                elapsedSeconds: elapsed, remainingSeconds: pace.map { $0 * Double(total - done) },
                time: Date().timeIntervalSince1970,
                process: ProcessInfo.processInfo.processIdentifier, root: root?.description))
    }
}
