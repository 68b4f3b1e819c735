import Foundation
import Testing

/// The developers' manifests and data: `VOXELNAS_SHARED`, or `shared` beside the package.
enum SharedData {
    static let folder: String? = {
        let environment = ProcessInfo.processInfo.environment["VOXELNAS_SHARED"]
        let beside = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../shared").standardizedFileURL.path
        return [environment, beside].compactMap { $0 }.first {
            FileManager.default.fileExists(atPath: $0 + "/data")
        }
    }()

    static let skipped: Comment = "set VOXELNAS_SHARED to the folder of the developers' data"
}
