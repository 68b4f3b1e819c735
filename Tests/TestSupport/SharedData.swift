import Foundation

/// The developers' data folder: `VOXELNAS_SHARED`, or `shared` beside the package.
package enum SharedData {
    /// Its path, or `nil` where it is absent.
    package static let folder: String? = {
        let environment = ProcessInfo.processInfo.environment["VOXELNAS_SHARED"]
        let beside = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../shared").standardizedFileURL.path
        return [environment, beside].compactMap { $0 }.first {
            FileManager.default.fileExists(atPath: $0 + "/data")
        }
    }()

    /// What a skipped test says.
    package static let skipped = "set VOXELNAS_SHARED to the folder of the developers' data"
}
