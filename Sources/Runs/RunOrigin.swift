import Foundation

/// Where a run's inputs are on this machine; not part of what decides its result.
package struct RunOrigin: Codable, Hashable, Sendable {
    /// The run file's folder, which the lists' names are relative to.
    package let folder: String
    /// The folder of the shards.
    package let shards: String

    /// An origin.
    package init(folder: String, shards: String) {
        self.folder = folder
        self.shards = shards
    }
}

extension RunDirectory {
    private var originPath: String { path + "/origin.json" }

    /// Notes where the run's inputs are.
    ///
    /// - Throws: ``RunError``.
    package func write(_ origin: RunOrigin) throws {
        try write(try JSONEncoder().encode(origin), to: originPath)
    }

    /// Where the run's inputs are.
    ///
    /// - Throws: ``RunError/notARun(path:)``.
    package func origin() throws -> RunOrigin {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: originPath)),
            let origin = try? JSONDecoder().decode(RunOrigin.self, from: data)
        else { throw RunError.notARun(path: path) }
        return origin
    }
}
