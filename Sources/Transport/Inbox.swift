internal import Dispatch
internal import Synchronization

/// A queue from many threads to one that blocks while there is nothing to do.
package final class Inbox<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        /// Those that do not wait for the others.
        var urgent: [Element] = []
        var weight = 0
        var isWaiting = false

        mutating func takeUrgent() -> [Element] {
            defer { urgent = [] }
            return urgent
        }

        mutating func takeAll() -> [Element] {
            defer {
                elements = []
                weight = 0
            }
            return urgent.isEmpty ? elements : takeUrgent() + elements
        }
    }
    private let state = Mutex(State())
    private let signal = DispatchSemaphore(value: 0)

    /// An empty queue.
    package init() {}

    /// The number of elements that nobody has taken.
    package var count: Int { state.withLock { $0.elements.count + $0.urgent.count } }

    /// What the elements that nobody has taken weigh.
    package var weight: Int { state.withLock { $0.weight } }

    /// Appends an element and wakes the reader.
    ///
    /// - Parameters:
    ///   - element: The element.
    ///   - weight: What it adds to ``weight``.
    ///   - isUrgent: Whether it goes before all that are not.
    package func push(_ element: Element, weight: Int = 0, isUrgent: Bool = false) {
        let wakes = state.withLock { state in
            if isUrgent { state.urgent.append(element) } else { state.elements.append(element) }
            state.weight += weight
            defer { state.isWaiting = false }
            return state.isWaiting
        }
        if wakes { signal.signal() }
    }

    /// Takes what is urgent, without waiting for it.
    package func takeUrgent() -> [Element] { state.withLock { $0.takeUrgent() } }

    /// Takes everything, what is urgent first, or waits for the first element; empty when the time is
    /// over.
    ///
    /// Called from one thread, which it blocks.
    package func take(within limit: Duration) -> [Element] {
        let found = state.withLock { state -> [Element] in
            let found = state.takeAll()
            if found.isEmpty { state.isWaiting = true }
            return found
        }
        guard found.isEmpty else { return found }
        let (seconds, attoseconds) = limit.components
        let nanoseconds = Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
        _ = signal.wait(timeout: .now() + .nanoseconds(nanoseconds))
        return state.withLock { state in
            state.isWaiting = false
            return state.takeAll()
        }
    }
}
