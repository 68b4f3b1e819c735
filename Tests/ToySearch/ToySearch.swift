import Models
package import RunConfiguration
package import Tasks
package import Tensors
package import Training

/// A search of three slots with eight operations on volumes whose class shows in a bright blob:
/// small enough that all 512 networks can be tried.
package enum ToySearch {
    /// The size of a volume.
    package static let size = VolumeSize(4, 10, 10)
    /// Scans, each as its own patient.
    package static let scanCount = 64

    /// The run file, with settings of a test's own.
    package static func configuration(_ overrides: String...) throws -> RunConfiguration {
        try RunConfiguration(
            reading: """
                seed: 5
                data: {classes: {without: 0, with: 1}, positive: with}
                input: {depth: 4, height: 10, width: 10}
                space:
                  preset: custom
                  widths: [8, 16]
                  blocks: [1, 2]
                  strides: [[1, 2, 2], [1, 1, 1]]
                  stemStride: [1, 1, 1]
                  stemChannels: 8
                  firstChannels: 8
                  featureChannels: 32
                search: {epochs: 4, paths: 2, microBatches: 2, microBatchSize: 8, dropout: 0}
                """, file: "toy", overrides: overrides)
    }

    /// The state that a search starts from.
    package static func start(_ program: SearchProgram) -> SearchState {
        let configuration = program.configuration
        return SearchState(
            space: program.space,
            operators: CovidNet3DSupernet(
                space: program.space, classes: configuration.classCount
            ).operators, alphaDeviation: configuration.search.alphaDeviation,
            seed: configuration.seed, digest: configuration.digest)
    }

    /// The search over halves of the scans.
    package static func program(_ configuration: RunConfiguration) throws -> SearchProgram {
        try SearchProgram(
            configuration: configuration, weightScans: Array(0..<32), alphaScans: Array(32..<64))
    }

    /// What computes its tasks.
    package static func runner(_ configuration: RunConfiguration) throws -> TaskRunner {
        try TaskRunner(
            configuration: configuration, volumes: [.search: Volumes(), .evaluation: Volumes()],
            threads: 1)
    }

    /// Noise, and in every second scan a blob at a random place.
    package struct Volumes: BatchSource {
        /// The volumes of every scan.
        package init() {}

        package var size: VolumeSize { ToySearch.size }
        package var labels: [Int] { (0..<ToySearch.scanCount).map { $0 % 2 } }

        package func batch(_ scans: [Int], epoch: UInt32, augmented: Bool) -> [Float] {
            scans.flatMap { scan in
                var stream = RandomStream(seed: 1, name: "toy", counters: UInt32(scan))
                var voxels = (0..<size.count).map { _ in Float(0.6 * stream.nextNormal()) }
                guard scan % 2 == 1 else { return voxels }
                let corner = (0..<3).map { _ in stream.next(below: 6) }
                for depth in 0..<2 {
                    for row in 0..<4 {
                        for column in 0..<4 {
                            let index =
                                ((depth + corner[0] % 3) * 10 + row + corner[1]) * 10 + column
                                + corner[2]
                            voxels[index] += 1.2
                        }
                    }
                }
                return voxels
            }
        }
    }
}

/// Delivers the results of a round in the opposite order.
package struct ReversingExecutor: RoundExecutor {
    let inner: LocalRoundExecutor

    /// An executor over another.
    package init(inner: LocalRoundExecutor) { self.inner = inner }

    package func execute(
        _ round: Round, deliver: @escaping @Sendable (TaskResult) async throws -> Void
    ) async throws {
        let collected = Collected()
        try await inner.execute(round) { await collected.append($0) }
        for result in await collected.results.reversed() { try await deliver(result) }
    }

    private actor Collected {
        var results: [TaskResult] = []
        func append(_ result: TaskResult) { results.append(result) }
    }
}
