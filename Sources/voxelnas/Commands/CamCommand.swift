import ArgumentParser
import CTData
import Evaluation
import Foundation
import Pipeline

/// `voxelnas cam`.
struct CamCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cam",
        abstract: "Shows where a saved model looked in a scan.",
        discussion: """
            Writes class activation maps: a montage and a page per slice (PNG), the map on the \
            scan's own voxels (NIfTI, for scans that are NIfTI), how much the class's logit falls \
            when a slice is replaced by its neighbours, and cam.json. Red is more evidence for the \
            class, blue less. Research use only.
            """)

    @Argument(help: "A model file, or a run directory for the first of its models.")
    var model: String
    @Argument(help: "A scan, or a folder with scans at any depth.") var scan: String
    @Option(name: .customLong("out"), help: "The folder to write to.") var folder: String
    @Option(
        name: .customLong("class"),
        help: "A class to explain; repeatable. All classes by default.")
    var names: [String] = []
    @Option(help: "percentiles (one scale per volume), symmetric (0 in the middle) or perSlice.")
    var scale = HeatNormalization.percentiles
    @Flag(inversion: .prefixedNo, help: "Replace every slice in turn.") var occlusion = true
    @Flag(
        help: """
            Explain the mean over the mirrored views that the network was trained with \
            (evaluationInput.flips): what it always answers on one side of a finding cancels out.
            """) var mirrored = false
    @Option(help: "Threads.") var threads = 1
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await explainingFailures {
            let network = try SavedNetwork(path: ModelFile.locate(model), threads: threads)
            let classes = try names.map { name in
                guard let index = network.classNames.firstIndex(of: name) else {
                    throw ValidationError(
                        "no class '\(name)'; the model knows "
                            + network.classNames.joined(separator: ", "))
                }
                return index
            }
            if mirrored, network.views.count == 1 {
                throw ValidationError(
                    "the network was not trained with mirrored volumes; leave --mirrored out, or "
                        + "train with evaluationInput.flips")
            }
            let found = try ScanFinder.scans(at: scan)
            var summaries: [ActivationMapFolder.Summary] = []
            var hasFailed = false
            for scan in found {
                do {
                    let maps = try ActivationMapFolder(
                        network, network.prepared(scan),
                        classes: classes.isEmpty ? Array(network.classNames.indices) : classes,
                        normalization: scale, occludes: occlusion,
                        isMirrored: mirrored)
                    let place =
                        found.count == 1
                        ? folder : folder + "/" + ActivationMapFolder.fileName(scan.id)
                    let summary = try maps.write(to: place)
                    summaries.append(summary)
                    if !json { Self.show(summary, in: place) }
                } catch {
                    hasFailed = true
                    FileHandle.standardError.write(Data("voxelnas: \(error)\n".utf8))
                }
            }
            if json { try printJSON(summaries) }
            if hasFailed { throw ExitCode.badData }
        }
    }

    private static func show(_ summary: ActivationMapFolder.Summary, in folder: String) {
        print("\(summary.scan): \(summary.predicted). \(summary.use)")
        print(summary.depthStatement)
        for entry in summary.classes {
            let probability = String(format: "%.3f", entry.probability)
            print("  \(entry.name)  P=\(probability)  \(folder)/\(entry.files[0])")
        }
    }
}

extension HeatNormalization: ExpressibleByArgument {}
