import SearchSpaces
import Synchronization
import Tasks
import Tensors

/// Tasks whose results are a function of their key and parameters, computed at once.
final class FakeComputing: TaskComputing {
    let operators: [OperatorID]
    /// Called before a result is made, with the task and how often a task was computed before.
    private let before: @Sendable (TaskKey, Int) throws -> Void
    /// Changes a result.
    private let after: @Sendable (TaskResult) -> TaskResult
    private let count = Mutex(0)

    var computedCount: Int { count.withLock { $0 } }

    init(
        operators: [OperatorID],
        before: @escaping @Sendable (TaskKey, Int) throws -> Void = { _, _ in },
        after: @escaping @Sendable (TaskResult) -> TaskResult = { $0 }
    ) {
        self.operators = operators
        self.before = before
        self.after = after
    }

    func requirements(of task: TaskDescription, alpha: [Float]) throws -> TaskRequirements {
        Self.requirements(of: task, alpha: alpha, operators: operators)
    }

    static func requirements(
        of task: TaskDescription, alpha: [Float], operators: [OperatorID]
    ) -> TaskRequirements {
        // Every task reads all operators but one, so that caches have something to do.
        let skipped = task.key.index % max(operators.count, 1)
        let read =
            operators.count < 3
            ? operators : operators.enumerated().filter { $0.offset != skipped }.map(\.element)
        return TaskRequirements(
            architecture: Architecture(choices: [task.key.index % 8, alpha.count % 8]),
            operators: read,
            statistics: task.kind == .predictions ? read : [])
    }

    func compute(
        _ task: TaskDescription, architecture: Architecture, parameters: ParameterSet,
        statistics: ParameterSet
    ) throws -> TaskResult {
        let earlier = count.withLock { count in
            defer { count += 1 }
            return count
        }
        try before(task.key, earlier)
        return after(
            Self.result(
                of: task, architecture: architecture, parameters: parameters,
                statistics: statistics))
    }

    static func result(
        of task: TaskDescription, architecture: Architecture, parameters: ParameterSet,
        statistics: ParameterSet
    ) -> TaskResult {
        let parameters = parameters.rounded(to: task.exchange)
        var gradients = ParameterSet()
        for id in parameters.operators {
            let factor = Float(task.key.index + 1) * 0.5 + Float(task.key.round)
            gradients[id] = parameters[id]?.map { $0 * factor }
        }
        var means = ParameterSet()
        for id in statistics.operators { means[id] = statistics[id]?.map { $0 + 1 } }
        return TaskResult(
            key: task.key, architecture: architecture, sampleCount: 4,
            loss: Double(task.key.index) + 0.25, logits: [1, Float(task.key.index)],
            gradients: gradients, slotProducts: [3, 4, 5], statistics: means
        ).rounded(to: task.exchange)
    }
}

/// Rounds of such tasks.
enum FakeRounds {
    static func operators(_ count: Int) -> [OperatorID] {
        (0..<count).map { OperatorID("cell\($0 / 10).block\($0 % 10).k3e3") }
    }

    static func round(
        _ number: UInt64, tasks: Int, operators: [OperatorID], floats: Int,
        kind: TaskDescription.Kind = .weightGradient, exchange: ExchangeFormat = .float32
    ) -> Round {
        var parameters = ParameterSet()
        var statistics = ParameterSet()
        var versions: [OperatorID: UInt64] = [:]
        for (index, id) in operators.enumerated() {
            parameters[id] = (0..<floats).map {
                Float($0 % 997) + 0.37 * Float(index) + Float(number)
            }
            statistics[id] = [Float(index), Float(number)]
            versions[id] = number
        }
        return Round(
            number: number,
            tasks: (0..<tasks).map { index in
                TaskDescription(
                    key: TaskKey(round: number, index: index), kind: kind, model: .supernet,
                    network: .sampled(step: UInt32(number), phase: 0, path: UInt32(index)),
                    batch: .init(volumes: "search", scans: [index], epoch: 0, augmented: true),
                    objective: .init(), exchange: exchange)
            },
            parameters: parameters, versions: versions, statistics: statistics,
            alpha: [0.5, -0.5, 0.25])
    }

    /// What a round yields without a network.
    static func expected(_ round: Round, operators: [OperatorID]) -> [TaskResult] {
        round.tasks.map { task in
            let needs = FakeComputing.requirements(
                of: task, alpha: round.alpha, operators: operators)
            var parameters = ParameterSet()
            var statistics = ParameterSet()
            for id in needs.operators {
                parameters[id] = round.parameters[id]
                if needs.statistics.contains(id) { statistics[id] = round.statistics[id] }
            }
            return FakeComputing.result(
                of: task, architecture: needs.architecture, parameters: parameters,
                statistics: statistics)
        }
    }
}
