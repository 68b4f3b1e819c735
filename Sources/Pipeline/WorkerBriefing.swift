package import CTData
import Foundation
package import RunConfiguration
import Tensors
package import Training

/// What a worker is told when it joins: the run's settings and where the shards are.
package struct WorkerBriefing: Codable, Hashable, Sendable {
    /// A packed set of volumes.
    package struct Shards: Codable, Hashable, Sendable {
        /// The folder, as the coordinator sees it.
        package let folder: String
        /// The fingerprint that the folder must have.
        package let fingerprint: String
    }

    /// What is wrong with the shards that a worker was told of.
    package enum Failure: Error, Hashable, CustomStringConvertible {
        case otherShards(folder: String, found: String, expected: String)
        case unreadable(reason: String)

        package var description: String {
            switch self {
            case .otherShards(let folder, let found, let expected):
                "\(folder): holds other shards (\(found.prefix(12))) than the coordinator's "
                    + "(\(expected.prefix(12))); mount the coordinator's folder there"
            case .unreadable(let reason):
                "the coordinator's briefing cannot be read: \(reason)"
            }
        }
    }

    /// The settings that decide the result.
    package let configuration: RunConfiguration
    /// The shards of every role.
    package let shards: [VolumeRole: Shards]
    /// The mean and standard deviation of the training list, where the normalisation wants them.
    package let statistics: [VolumeRole: IntensityStatistics]

    /// The briefing for the workers of a run.
    ///
    /// - Throws: `ShardError` when a shard cannot be read.
    package init(configuration: RunConfiguration, data: PreparedData) throws {
        var plain = configuration
        plain.deployment = DeploymentConfiguration()
        self.configuration = plain
        shards = data.volumes.mapValues {
            Shards(
                folder: URL(fileURLWithPath: $0.folder).path, fingerprint: $0.fingerprint)
        }
        var statistics: [VolumeRole: IntensityStatistics] = [:]
        for (role, volumes) in data.volumes {
            let input = role == .search ? configuration.input : configuration.evaluationInput
            guard input.normalization == .dataset else { continue }
            statistics[role] = try IntensityStatistics(
                measuring: (role == .search
                    ? data.weightScans + data.alphaScans : data.fittingScans)
                    .sorted(), of: volumes, input: input)
        }
        self.statistics = statistics
    }

    /// The briefing as it travels.
    package var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else {
            preconditionFailure("a briefing holds only finite numbers")
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// A briefing that arrived.
    ///
    /// - Throws: ``Failure`` or `ConfigurationError`.
    package init(reading text: String) throws {
        do {
            self = try JSONDecoder().decode(WorkerBriefing.self, from: Data(text.utf8))
        } catch {
            throw Failure.unreadable(reason: "\(error)")
        }
        try configuration.validate()
    }

    /// A task runner over the shards that the briefing names.
    ///
    /// - Parameters:
    ///   - threads: Threads per task.
    ///   - folder: Where the shards are on this machine, when not where the coordinator has them.
    /// - Returns: The runner.
    /// - Throws: ``Failure``, `ShardError` or `ConfigurationError`.
    package func taskRunner(threads: Int, shardsAt folder: String? = nil) throws -> TaskRunner {
        var sources: [VolumeRole: any BatchSource] = [:]
        for (role, place) in shards {
            let name = URL(fileURLWithPath: place.folder).lastPathComponent
            let path = folder.map { "\($0)/\(name)" } ?? place.folder
            let volumes = try VolumeSet(folder: path)
            guard volumes.fingerprint == place.fingerprint else {
                throw Failure.otherShards(
                    folder: path, found: volumes.fingerprint, expected: place.fingerprint)
            }
            let input = role == .search ? configuration.input : configuration.evaluationInput
            sources[role] = VolumeSource(
                loader: try BatchLoader(
                    volumes, input: input, seed: configuration.seed, statistics: statistics[role]))
            if role == .evaluation {
                sources[.evaluationPadding] = VolumeSource(
                    loader: try BatchLoader(
                        volumes, input: input, seed: configuration.seed, content: .paddingMask,
                        statistics: statistics[role]))
            }
        }
        return try TaskRunner(configuration: configuration, volumes: sources, threads: threads)
    }
}

/// Packed volumes as tasks draw from them.
private struct VolumeSource: BatchSource {
    let loader: BatchLoader
    let labels: [Int]

    init(loader: BatchLoader) {
        self.loader = loader
        labels = loader.volumes.scans.map(\.classIndex)
    }

    var size: VolumeSize { loader.size }

    func batch(_ scans: [Int], epoch: UInt32, augmented: Bool) throws -> [Float] {
        try loader.batch(scans: scans, epoch: epoch, augmented: augmented)
    }
}
