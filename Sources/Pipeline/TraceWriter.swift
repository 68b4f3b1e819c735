import Foundation
import Runs
import Training

/// Appends what every step sampled to a file, one JSON object a line.
struct TraceWriter {
    private let handle: FileHandle
    private let encoder: JSONEncoder

    /// Opens the trace and drops lines of steps that are computed again.
    init(path: String, keepingSteps steps: Int) throws {
        let old = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        let kept = old.split(separator: "\n").prefix(steps).map { $0 + "\n" }.joined()
        do {
            try Data(kept.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
            handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            try handle.seekToEnd()
        } catch {
            throw RunError.unwritable(path: path, reason: error.localizedDescription)
        }
        encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
    }

    func append(_ step: StepTrace) throws {
        try handle.write(contentsOf: encoder.encode(step) + Data("\n".utf8))
    }
}
