import Foundation

/// The golden vectors that PyTorch computed, kept outside the package.
package enum GoldenFiles {
    /// The folder: `$VOXELNAS_SHARED/reference/golden`, or beside the package.
    package static let folder: String? = {
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let roots: [String?] = [
            ProcessInfo.processInfo.environment["VOXELNAS_SHARED"],
            package.deletingLastPathComponent().appendingPathComponent("shared").path,
        ]
        return roots.compactMap { $0 }.map { $0 + "/reference/golden" }
            .first { FileManager.default.fileExists(atPath: $0 + "/operations.safetensors") }
    }()

    /// Whether the tests that need them are to be skipped.
    package static let isMissing = folder == nil
    /// What a skipped test says.
    package static let hint = "golden vectors not found; set VOXELNAS_SHARED to their folder"

    /// The path of a file of the folder.
    ///
    /// - Parameter name: The file's name.
    /// - Returns: The path.
    package static func path(_ name: String) -> String { (folder ?? "") + "/" + name }
}

/// The Euclidean distance of two vectors over the norm of the second.
///
/// - Parameters:
///   - found: What was computed.
///   - expected: The reference, as long.
/// - Returns: The relative error.
package func relativeError(_ found: [Float], _ expected: [Float]) -> Double {
    precondition(found.count == expected.count, "vectors of unequal length")
    var difference = 0.0
    var norm = 0.0
    for (a, b) in zip(found, expected) {
        difference += (Double(a) - Double(b)) * (Double(a) - Double(b))
        norm += Double(b) * Double(b)
    }
    return (difference / max(norm, 1e-30)).squareRoot()
}
