import Tensors
package import CTData
import Digests
import Foundation
package import RunConfiguration
package import Training

/// The scans of a run, how patients are split, and the packed volumes that tasks draw from.
///
/// Every list holds indices into ``scans``, which is also the order of the shards; test scans are
/// in no list but ``testScans``.
package struct PreparedData: Sendable {
    /// Every scan of the run: the training list, then the test list.
    package let scans: [ScanReference]
    /// Scans of D_T, which train the weights in the search.
    package let weightScans: [Int]
    /// Scans of D_V, which train alpha and rank candidates.
    package let alphaScans: [Int]
    /// Scans that train candidates and the found network.
    package let fittingScans: [Int]
    /// Scans that rank candidates and choose the epoch.
    package let validationScans: [Int]
    /// Held-out scans, opened once.
    package let testScans: [Int]
    /// What was left out and why.
    package let warnings: [String]
    /// The packed volumes; empty when only the lists were read.
    package let volumes: [VolumeRole: VolumeSet]

    /// The class of every scan.
    package var labels: [Int] { scans.map(\.classIndex) }

    /// SHA-256 over the fingerprints of the packed volumes.
    package var fingerprint: String {
        let parts = volumes.sorted { $0.key.rawValue < $1.key.rawValue }.map(\.value.fingerprint)
        return SHA256.hex(parts.joined(separator: "/").utf8)
    }

    /// What was odd about scans that were read all the same, a line for each scan.
    package var findings: [String] {
        (volumes[.evaluation] ?? volumes[.search])?.scans.compactMap { scan in
            scan.measured.original.findings.map { "\(scan.id): \($0.joined(separator: "; "))" }
        } ?? []
    }

    /// Whether a scan's file said which way the patient lay, so that volumes show the patient's
    /// right on the left.
    package func isOriented(_ scan: Int) -> Bool {
        volumes[.evaluation]?.scans[scan].measured.original.isOriented ?? false
    }

    /// Reads the lists and splits them, without packing.
    ///
    /// - Parameters:
    ///   - configuration: The run's settings.
    ///   - folder: The run file's folder.
    ///   - requiresFiles: False for statistics and dry runs without the files.
    /// - Throws: `ManifestError`.
    package init(
        configuration: RunConfiguration, folder: String, requiresFiles: Bool = true
    ) throws {
        let lists = try ScanLists.read(
            configuration.data, folder: folder, requiresFiles: requiresFiles)
        try self.init(configuration: configuration, lists: lists, volumes: [:])
    }

    /// Reads the lists, splits them and packs the volumes, or opens packed ones.
    ///
    /// - Parameters:
    ///   - configuration: The run's settings.
    ///   - folder: The run file's folder.
    ///   - shards: The folder of the shards.
    ///   - threads: Scans that are packed at once; `nil` for one per processor.
    ///   - report: Told of every packed scan.
    /// - Throws: `ManifestError` or `ShardError`, naming the file.
    package init(
        packing configuration: RunConfiguration, folder: String, shards: String,
        threads: Int? = nil, report: @escaping @Sendable (StageProgress) -> Void
    ) throws {
        let lists = try ScanLists.read(configuration.data, folder: folder)
        var volumes: [VolumeRole: VolumeSet] = [:]
        for (role, input) in [
            (VolumeRole.search, configuration.input),
            (.evaluation, configuration.evaluationInput),
        ] {
            let meter = ProgressMeter(
                stage: "packing \(role.rawValue)", unit: "scans", total: lists.all.count,
                report: report)
            volumes[role] = try ShardPacker.pack(
                lists.all, root: lists.root, input: input,
                into: shards + "/" + Self.shardFolder(of: input, lists.all), threads: threads
            ) { meter.update($0.done, remark: $0.scan ?? "") }
        }
        for set in volumes.values { try DataFingerprint(set).write(beside: set) }
        try self.init(configuration: configuration, lists: lists, volumes: volumes)
    }

    private init(
        configuration: RunConfiguration, lists: ScanLists, volumes: [VolumeRole: VolumeSet]
    ) throws {
        let settings = configuration.data
        scans = lists.all
        warnings = lists.warnings
        self.volumes = volumes
        var training = Array(lists.training.indices)
        var test = Array(lists.training.count..<lists.all.count)
        if settings.folds >= 2 {
            let folds = try PatientSplit.folds(
                lists.all, count: settings.folds, seed: configuration.seed)
            test = folds[settings.fold]
            training = folds.indices.filter { $0 != settings.fold }.flatMap { folds[$0] }.sorted()
        }
        let list = training.map { lists.all[$0] }
        let search = try PatientSplit.halves(
            list, share: settings.weightShare, seed: configuration.seed, name: "search")
        let fitting = try PatientSplit.halves(
            list, share: 1 - settings.validationShare, seed: configuration.seed,
            name: "validation")
        weightScans = search.first.map { training[$0] }
        alphaScans = search.second.map { training[$0] }
        fittingScans = fitting.first.map { training[$0] }
        validationScans = fitting.second.map { training[$0] }
        testScans = test
    }

    /// A folder for every list of scans and way of packing: what is equal is packed once, and runs
    /// with other lists or settings cannot meet there.
    private static func shardFolder(
        of input: InputConfiguration, _ scans: [ScanReference]
    ) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        var hash = SHA256()
        hash.update(try encoder.encode(PackingSettings(input)))
        hash.update(try encoder.encode(scans))
        return "\(input.mode.rawValue)-\(input.height)x\(input.width)-"
            + hexadecimal(hash.finalize()).prefix(12)
    }
}
