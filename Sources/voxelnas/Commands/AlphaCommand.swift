import RunConfiguration
import ArgumentParser
import Foundation
import Runs
import SearchSpaces
import SearchStrategies

/// `voxelnas alpha`.
struct AlphaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alpha",
        abstract: "Shows the sampling probabilities of every slot of a live or finished run.")

    @Argument(help: "The run directory.") var run: String
    @Option(help: "The epoch, from 0; the last recorded one by default.") var epoch: Int?
    @Flag(help: "Print JSON: the logits of every recorded epoch.") var json = false

    func run() async throws {
        try await explainingFailures {
            let directory = RunDirectory(path: run)
            let configuration = try directory.configuration()
            caution(of: configuration)
            let space = try configuration.space.searchSpace()
            let history = try CandidateArchive(path: directory.archivePath).alphaHistory()
            if json { return try printJSON(history) }
            guard let shown = epoch ?? history.map(\.epoch).max() else {
                throw RunError.damaged(
                    path: directory.archivePath, reason: "no epoch has been recorded yet")
            }
            let rows = history.filter { $0.epoch == shown }
            guard rows.count == space.slotCount * space.operations.count else {
                throw RunError.damaged(
                    path: directory.archivePath, reason: "epoch \(shown) is not recorded")
            }
            let alpha = ArchitectureParameters(
                slots: space.slotCount, operations: space.operations.count,
                logits: rows.map { Float($0.logit) })
            print("epoch \(shown), mean entropy \(String(format: "%.4f", alpha.meanEntropy)) nats")
            let names = space.operations.map {
                $0.description.padding(toLength: 6, withPad: " ", startingAt: 0)
            }
            print("slot         " + names.joined(separator: " "))
            for (index, slot) in space.slots.enumerated() {
                let name = "cell\(slot.cell).block\(slot.block)"
                    .padding(toLength: 13, withPad: " ", startingAt: 0)
                let cells = alpha.probabilities(ofSlot: index).map { String(format: "%6.3f", $0) }
                print(name + cells.joined(separator: " "))
            }
        }
    }
}
