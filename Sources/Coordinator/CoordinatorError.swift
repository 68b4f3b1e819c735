/// What stops a distributed round besides a task that fails.
package enum CoordinatorError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A round was started before the last one was over.
    case roundOpen(UInt64)
    /// The coordinator was stopped.
    case stopped
    /// The network cannot be used any more.
    case network(String)

    package var description: String {
        switch self {
        case .roundOpen(let number): "round \(number) is still open"
        case .stopped: "the coordinator was stopped"
        case .network(let text): "network: \(text)"
        }
    }
}
