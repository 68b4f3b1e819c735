/// What ends a worker besides being told to.
package enum WorkerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The run cannot be prepared here: data or configuration.
    case notPrepared(String)
    /// The network cannot be used any more.
    case network(String)
    /// The worker was stopped.
    case stopped

    package var description: String {
        switch self {
        case .notPrepared(let text): "this worker cannot take part in the run: \(text)"
        case .network(let text): "network: \(text)"
        case .stopped: "the worker was stopped"
        }
    }
}
