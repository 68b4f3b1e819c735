import Foundation

/// A folder that is removed with its owner.
package final class TemporaryFolder {
    /// Its path.
    package let path = FileManager.default.temporaryDirectory
        .appending(path: "voxelnas-tests-\(UUID().uuidString)").path

    /// Makes the folder.
    package init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of a file in it.
    package func file(_ name: String) -> String { path + "/" + name }

    /// Writes a file.
    ///
    /// - Returns: Its path.
    package func write(_ bytes: [UInt8], _ name: String) throws -> String {
        try Data(bytes).write(to: URL(filePath: file(name)))
        return file(name)
    }

    /// What a file holds.
    package func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: file(name))))
    }
}
