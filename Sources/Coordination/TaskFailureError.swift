package import Tasks

/// A task that two workers in turn could not compute; it stops the run.
package struct TaskFailureError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The task.
    package let key: TaskKey
    /// What each worker reported, in the order of the attempts.
    package let attempts: [String]

    /// A failure after the given attempts.
    package init(key: TaskKey, attempts: [String]) {
        self.key = key
        self.attempts = attempts
    }

    package var description: String {
        "task \(key) failed on every attempt: \(attempts.joined(separator: "; "))"
    }
}
