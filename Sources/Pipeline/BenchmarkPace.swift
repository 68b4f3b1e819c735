import Foundation

/// How far a benchmark is, and how long it will still take: an epoch of a network counts as its
/// multiply-adds, so that a small network's pace says something about a large one's.
struct BenchmarkPace: Sendable {
    private let epochs: [Int]
    private let weights: [Double]
    private var done: [Int]
    /// Work and time of trainings of this process; those from disk took none.
    private var work = 0.0
    private var seconds = 0.0

    /// A benchmark of networks with so many epochs in all and multiply-adds of a forward pass.
    init(costs: [(epochs: Int, multiplyAdds: Int)]) {
        epochs = costs.map(\.epochs)
        weights = costs.map { Double($0.multiplyAdds) }
        done = costs.map { _ in 0 }
    }

    /// Notes a finished training.
    mutating func finish(network: Int, epochs: Int, seconds: Double) {
        done[network] += epochs
        // What was read from disk says nothing about the pace.
        guard seconds > 0.5 else { return }
        work += weights[network] * Double(epochs)
        self.seconds += seconds
    }

    /// Where the benchmark stands within a training.
    ///
    /// - Parameters:
    ///   - network: The network that is trained.
    ///   - epochs: Epochs of this training.
    ///   - seconds: Seconds of this training.
    ///   - remark: What to say beside.
    /// - Returns: Epochs that are done, and the time that all others will take.
    func progress(network: Int, epochs: Int, seconds: Double, remark: String) -> StageProgress {
        var now = self
        now.done[network] += epochs
        now.work += weights[network] * Double(epochs)
        now.seconds += seconds
        let rest = now.epochs.indices.reduce(0.0) {
            $0 + weights[$1] * Double(now.epochs[$1] - now.done[$1])
        }
        return StageProgress(
            stage: "benchmark", done: now.done.reduce(0, +), total: now.epochs.reduce(0, +),
            unit: "epochs", remark: remark, elapsedSeconds: now.seconds,
            remainingSeconds: now.work > 0 ? now.seconds / now.work * rest : nil,
            time: Date().timeIntervalSince1970,
            process: ProcessInfo.processInfo.processIdentifier)
    }
}
