import Foundation
import Synchronization

/// Appends scalars to an event file that TensorBoard reads while it grows.
///
/// A log is for watching: when its disk is full or its folder is gone, the run goes on without it.
package final class TensorBoardLog: Sendable {
    private let file: Mutex<FileHandle?>

    /// Opens a new file in a folder, which TensorBoard shows as one run.
    ///
    /// - Parameters:
    ///   - folder: The run's folder; made when it is missing.
    ///   - firstStep: Where this process begins. Steps that earlier files of the folder hold from
    ///     here on were lost with their process, and TensorBoard drops them.
    package init(folder: String, firstStep: Int = 0) {
        let now = Date().timeIntervalSince1970
        let process = ProcessInfo.processInfo
        let manager = FileManager.default
        try? manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // TensorBoard reads a folder's files in the order of their names.
        let earlier = (try? manager.contentsOfDirectory(atPath: folder))?.count ?? 0
        let name = "events.out.tfevents.\(Int(now)).\(process.processIdentifier).\(earlier)"
        let path = folder + "/" + name
        let opening = [
            TensorBoardEvent(time: now, content: .fileVersion),
            TensorBoardEvent(time: now, step: firstStep, content: .start),
        ].flatMap(\.record)
        guard manager.createFile(atPath: path, contents: Data(opening)),
            let handle = FileHandle(forWritingAtPath: path),
            (try? handle.seekToEnd()) != nil
        else {
            file = Mutex(nil)
            return
        }
        file = Mutex(handle)
    }

    /// Appends numbers of a step; those that are not finite are left out.
    package func append(_ scalars: [(tag: String, value: Double)], step: Int) {
        let finite = scalars.filter { $0.value.isFinite }
        guard !finite.isEmpty else { return }
        let event = TensorBoardEvent(
            time: Date().timeIntervalSince1970, step: step, content: .scalars(finite))
        file.withLock { try? $0?.write(contentsOf: event.record) }
    }
}
