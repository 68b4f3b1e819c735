package import CTData
import Foundation
package import RunConfiguration
import Tensors
package import Training

/// What a worker is told when it joins: the run's settings and where the shards are.
package struct WorkerBriefing: Codable, Hashable, Sendable {
    /// A packed set of volumes.
    package struct Shards: Codable, Hashable, Sendable {
        /// The fingerprint that the set must have; nothing else names it to a worker.
        package let fingerprint: String
    }

    /// What is wrong with the shards that a worker was told of.
    package enum Failure: Error, Hashable, CustomStringConvertible {
        case noShards(folder: String, expected: String)
        case unreadable(reason: String)

        package var description: String {
            switch self {
            case .noShards(let folder, let expected):
                "\(folder): holds no shards with the coordinator's fingerprint "
                    + "(\(expected.prefix(12))); mount the coordinator's folder there, or leave "
                    + "--shards out to fetch them"
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
    /// Where the coordinator's process has the shards; does not travel.
    private var folders: [VolumeRole: String] = [:]
    /// The files of the shards in the coordinator's process, by their SHA-256; do not travel.
    package private(set) var files: [String: String] = [:]

    /// The folder above the shards in the coordinator's process, where there is one.
    package var shardsFolder: String? {
        folders.values.sorted().first.map {
            URL(fileURLWithPath: $0).deletingLastPathComponent().path
        }
    }

    private enum CodingKeys: String, CodingKey {
        case configuration, shards, statistics
    }

    /// The briefing for the workers of a run.
    ///
    /// - Throws: `ShardError` when a shard cannot be read.
    package init(configuration: RunConfiguration, data: PreparedData) throws {
        var plain = configuration
        plain.deployment = DeploymentConfiguration()
        self.configuration = plain
        shards = data.volumes.mapValues {
            Shards(fingerprint: $0.fingerprint)
        }
        folders = data.volumes.mapValues { $0.folder }
        for volumes in data.volumes.values {
            files.merge(volumes.files) { first, _ in first }
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
    ///   - folder: A folder on this machine with the shards in it or below it.
    ///   - fetching: Opens a set that is not there, by its fingerprint.
    /// - Returns: The runner.
    /// - Throws: ``Failure``, `ShardError` or `ConfigurationError`, or what `fetching` throws.
    package func taskRunner(
        threads: Int, shardsAt folder: String? = nil,
        fetching: ((_ fingerprint: String) throws -> VolumeSet)? = nil
    ) throws -> TaskRunner {
        var sources: [VolumeRole: any BatchSource] = [:]
        for (role, place) in shards {
            let volumes = try self.volumes(
                place.fingerprint, at: folders[role] ?? folder, fetching: fetching)
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

    private func volumes(
        _ fingerprint: String, at folder: String?,
        fetching: ((_ fingerprint: String) throws -> VolumeSet)?
    ) throws -> VolumeSet {
        if let folder, let found = VolumeSet.folder(of: fingerprint, in: folder) {
            return try VolumeSet(folder: found)
        }
        guard let fetching else {
            throw Failure.noShards(folder: folder ?? "no folder", expected: fingerprint)
        }
        return try fetching(fingerprint)
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
