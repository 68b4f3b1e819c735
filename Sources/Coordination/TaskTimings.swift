package import Tasks

/// How long tasks of each kind took lately.
package struct TaskTimings: Sendable {
    private var recent: [TaskDescription.Kind: [Duration]] = [:]
    private static let capacity = 64

    /// No timings.
    package init() {}

    mutating func record(_ duration: Duration, for kind: TaskDescription.Kind) {
        var list = recent[kind] ?? []
        if list.count == Self.capacity { list.removeFirst() }
        list.append(duration)
        recent[kind] = list
    }

    /// The duration that 95 of 100 recent tasks of a kind stayed below, or `nil` for no task.
    package func percentile95(of kind: TaskDescription.Kind) -> Duration? {
        guard let sorted = recent[kind]?.sorted() else { return nil }
        return sorted[min(sorted.count - 1, sorted.count * 95 / 100)]
    }

    /// The duration in the middle of the recent tasks of a kind, or `nil` for no task.
    package func median(of kind: TaskDescription.Kind) -> Duration? {
        guard let sorted = recent[kind]?.sorted() else { return nil }
        return sorted[sorted.count / 2]
    }
}
