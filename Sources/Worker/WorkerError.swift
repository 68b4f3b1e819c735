package import Tasks
package import WireProtocol

/// What ends a worker besides being told to.
package enum WorkerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The run cannot be prepared here: data or configuration.
    case notPrepared(String)
    /// What was fetched for a task is not what its lease names.
    case otherInputs(TaskKey, found: TaskDigest, leased: TaskDigest)
    /// The coordinator does not let this worker's key in.
    case keyRefused(String)
    /// A file of the run's data cannot be had from the coordinator.
    case noShard(String)
    /// The network cannot be used any more.
    case network(String)
    /// The worker was stopped.
    case stopped

    package var description: String {
        switch self {
        case .notPrepared(let text): "this worker cannot take part in the run: \(text)"
        case .otherInputs(let key, let found, let leased):
            "task \(key): parameters and settings here have digest \(found), the lease's is "
                + "\(leased); is the same version of voxelnas installed on both sides?"
        case .keyRefused(let text), .noShard(let text): text
        case .network(let text): "network: \(text)"
        case .stopped: "the worker was stopped"
        }
    }
}
