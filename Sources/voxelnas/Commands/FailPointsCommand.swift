import ArgumentParser
import FailPoints

/// `voxelnas fail-points`.
struct FailPointsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fail-points",
        abstract: "Lists the places where VOXELNAS_FAIL_POINT=NAME:COUNT kills a process.",
        shouldDisplay: false)

    func run() {
        for point in FailPoint.allCases { print(point.rawValue) }
    }
}
