import Synchronization

/// Asks long work to stop at its next safe point.
package final class StopFlag: Sendable {
    private let flag = Atomic(false)

    /// A flag that is not set.
    package init() {}

    /// Whether someone asked to stop.
    package var isSet: Bool { flag.load(ordering: .acquiring) }

    /// Asks to stop.
    package func set() { flag.store(true, ordering: .releasing) }

    /// Whether someone asked, and takes the request away.
    package func take() -> Bool { flag.exchange(false, ordering: .acquiringAndReleasing) }
}

/// Work ended early because someone asked; everything is saved.
package struct StoppedOnRequest: Error, CustomStringConvertible {
    /// What was saved, and how to go on.
    package let description: String

    /// A stop with advice.
    package init(_ description: String) {
        self.description = description
    }
}
