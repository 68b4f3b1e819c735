package import Tasks
package import WireProtocol

/// What stops a distributed round besides a task that fails.
package enum CoordinatorError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A round was started before the last one was over.
    case roundOpen(UInt64)
    /// A task of the round is not one of this run.
    case foreignTask(TaskKey, String)
    /// A task reads a block that the round does not have.
    case missingBlock(TaskKey, String)
    /// What must travel exceeds what messages may hold.
    case unsendable(String, WireError)
    /// The coordinator was stopped.
    case stopped
    /// The network cannot be used any more.
    case network(String)

    package var description: String {
        switch self {
        case .roundOpen(let number): "round \(number) is still open"
        case .foreignTask(let key, let text): "task \(key) does not belong to this run: \(text)"
        case .missingBlock(let key, let block): "task \(key) reads \(block), which the round lacks"
        case .unsendable(let what, let error):
            "\(what) cannot be sent to workers: \(error); compute in one process, or make the "
                + "search space or the micro-batches smaller"
        case .stopped: "the coordinator was stopped"
        case .network(let text): "network: \(text)"
        }
    }
}
