import Execution
import Graphs
import Models
package import RunConfiguration
package import SearchSpaces
import SearchStrategies
import Synchronization
package import Tasks
package import Tensors

/// Volumes that tasks draw their micro-batches from.
package protocol BatchSource: Sendable {
    /// The extents of an input volume.
    var size: VolumeSize { get }

    /// The class of every scan.
    var labels: [Int] { get }

    /// Loads a micro-batch.
    ///
    /// - Parameters:
    ///   - scans: Indices of scans.
    ///   - epoch: Keys random slices and flips.
    ///   - augmented: Whether they apply.
    /// - Returns: `[scans, D, H, W, 1]` in row-major order.
    /// - Throws: An error naming the file that cannot be read.
    func batch(_ scans: [Int], epoch: UInt32, augmented: Bool) throws -> [Float]
}

/// Computes tasks in this process: the one implementation of what a task means.
package final class TaskRunner: TaskComputing {
    /// What is wrong with a task.
    package enum Failure: Error, Hashable, CustomStringConvertible {
        case unknownVolumes(String)
        case foreignArchitecture(String)
        case scanOutOfRange(Int, count: Int)

        package var description: String {
            switch self {
            case .unknownVolumes(let name):
                "the task wants the volumes '\(name)', which this worker has not"
            case .foreignArchitecture(let code):
                "the task's network \(code) is not of this run's space"
            case .scanOutOfRange(let scan, let count): "the task wants scan \(scan) of \(count)"
            }
        }
    }

    private let space: SearchSpace
    let networks: NetworkCatalogue
    private let seed: UInt64
    let volumes: [VolumeRole: any BatchSource]
    private let threads: Int
    private let shelf = Mutex(Shelf())

    /// An executor on the shelf, or in the hands of the one task that took it from there: never of
    /// two threads at a time, which is what `Executor` demands.
    private struct ExclusiveExecutor: @unchecked Sendable {
        let executor: Executor
    }

    private struct Shelf {
        var idle: [ExclusiveExecutor] = []
        /// How many were ever made: as many as tasks that ran at the same time.
        var made = 0
    }

    /// A runner for one run.
    ///
    /// - Parameters:
    ///   - configuration: The run's settings.
    ///   - volumes: What micro-batches are drawn from.
    ///   - threads: Threads per task.
    /// - Throws: `ConfigurationError` when the space makes no sense.
    package init(
        configuration: RunConfiguration, volumes: [VolumeRole: any BatchSource], threads: Int
    ) throws(ConfigurationError) {
        space = try configuration.space.searchSpace()
        networks = NetworkCatalogue(
            supernet: CovidNet3DSupernet(space: space, classes: configuration.classCount))
        seed = configuration.seed
        self.volumes = volumes
        self.threads = threads
    }

    package func requirements(
        of task: TaskDescription, alpha: [Float]
    ) throws -> TaskRequirements {
        let architecture: Architecture
        switch task.network {
        case .fixed(let given):
            architecture = given
        case .sampled(let step, let phase, let path):
            guard alpha.count == space.slotCount * space.operations.count else {
                throw Failure.foreignArchitecture("sampled from \(alpha.count) logits")
            }
            let parameters = ArchitectureParameters(
                slots: space.slotCount, operations: space.operations.count, logits: alpha)
            architecture =
                SampledPath(from: parameters, seed: seed, step: step, phase: phase, path: path)
                .architecture
        }
        guard networks.contains(architecture) else {
            throw Failure.foreignArchitecture(architecture.code)
        }
        let operators = networks.operators(of: architecture).sorted { $0.id < $1.id }
        return TaskRequirements(
            architecture: architecture, operators: operators.map(\.id),
            statistics: task.kind == .predictions
                ? operators.filter { $0.statisticsCount > 0 }.map(\.id) : [])
    }

    package func compute(
        _ task: TaskDescription, architecture: Architecture, parameters: ParameterSet,
        statistics: ParameterSet
    ) throws -> TaskResult {
        guard let role = VolumeRole(rawValue: task.batch.volumes), let source = volumes[role] else {
            throw Failure.unknownVolumes(task.batch.volumes)
        }
        for scan in task.batch.scans where !source.labels.indices.contains(scan) {
            throw Failure.scanOutOfRange(scan, count: source.labels.count)
        }
        let input = try source.batch(
            task.batch.scans, epoch: task.batch.epoch, augmented: task.batch.augmented)
        let labels = task.batch.scans.map { source.labels[$0] }
        let graph = networks.graph(of: architecture, input: source.size)
        let taken = takeExecutor()
        defer { shelf.withLock { $0.idle.append(taken) } }
        let result = try taken.executor.result(
            of: task, architecture: architecture, graph: graph,
            parameters: parameters.rounded(to: task.exchange), statistics: statistics,
            input: input, labels: labels, seed: seed)
        return result.rounded(to: task.exchange)
    }

    /// An executor that no other task has; each that is made gets processors of its own.
    private func takeExecutor() -> ExclusiveExecutor {
        let (idle, group) = shelf.withLock { shelf -> (ExclusiveExecutor?, Int) in
            if let idle = shelf.idle.popLast() { return (idle, 0) }
            shelf.made += 1
            return (nil, shelf.made - 1)
        }
        return idle ?? ExclusiveExecutor(executor: Executor(threads: threads, group: group))
    }
}
