import ArgumentParser
import Foundation
import Phantoms
import Pipeline

/// `voxelnas data phantom`.
struct DataPhantomCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "phantom",
        abstract: "Writes a synthetic chest-CT set in the layout of a published data set.",
        discussion: """
            The set is a function of its seed. It holds train.json, test.json, labels.csv and \
            lesion masks beside the scans.
            """)

    @Argument(help: "The folder of the set.") var folder: String
    @Option(help: "clean-cc-ccii (PNG), mosmed (NIfTI) or covid-ctset (16-bit TIFF).")
    var layout = PhantomLayout.cleanCCCCII
    @Option(help: "Patients per class; three in ten are for the test.") var patients = 14
    @Option(help: "Rows and columns of a slice.") var size = 128
    @Option(help: "The seed.") var seed: UInt64 = 1
    @Option(
        help: """
            Ground-glass opacities of a positive scan: many, one, or mixed (one in every second \
            patient).
            """)
    var opacities = PhantomOpacities.many

    func validate() throws {
        guard patients >= 4 else { throw ValidationError("--patients takes 4 or more") }
        guard (32...1024).contains(size) else { throw ValidationError("--size takes 32 to 1024") }
    }

    func run() async throws {
        try await explainingFailures {
            let progress = TerminalProgress(directory: nil)
            let meter = ProgressMeter(
                stage: "phantoms", unit: "scans", total: 0, report: progress.update)
            let scans = try PhantomSet.write(
                layout: layout, patients: patients, seed: seed, size: size,
                opacities: opacities, to: folder
            ) { done, total in meter.update(done, of: total) }
            print("\(scans.count) scans in \(folder)")
        }
    }
}

extension PhantomLayout: ExpressibleByArgument {}
extension PhantomOpacities: ExpressibleByArgument {}
