internal import Foundation
internal import Glibc
internal import Synchronization

/// The fail point that the environment names.
final class Armed: Sendable {
    static let variable = "VOXELNAS_FAIL_POINT"

    /// Read once; nothing changes it afterwards.
    static let inThisProcess: Armed? =
        ProcessInfo.processInfo.environment[variable].flatMap(Armed.init)

    let point: FailPoint
    private let fatalPass: Int
    private let passes = Atomic(0)

    /// The point of `NAME:COUNT`, or `nil` where that names none.
    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1)
        guard let point = parts.first.flatMap({ FailPoint(rawValue: String($0)) }),
            let count = parts.count == 2 ? Int(parts[1]) : 1, count > 0
        else { return nil }
        self.point = point
        fatalPass = count
    }

    /// Counts a pass and ends the process at the fatal one, without any clean-up.
    func count(_ point: FailPoint) {
        guard passes.add(1, ordering: .sequentiallyConsistent).newValue == fatalPass else { return }
        FileHandle.standardError.write(Data("fail point \(point.rawValue)\n".utf8))
        kill(getpid(), SIGKILL)
        while true { sleep(1) }
    }

    static var complaint: String? {
        guard let text = ProcessInfo.processInfo.environment[variable], inThisProcess == nil else {
            return nil
        }
        return
            "\(variable)=\(text): not NAME:COUNT of a fail point; `voxelnas fail-points` lists them"
    }
}
