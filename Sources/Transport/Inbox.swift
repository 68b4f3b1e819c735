internal import Dispatch
internal import Synchronization

/// A queue from many threads to one that blocks while there is nothing to do.
package final class Inbox<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var weight = 0
        var isWaiting = false
    }
    private let state = Mutex(State())
    private let signal = DispatchSemaphore(value: 0)

    /// An empty queue.
    package init() {}

    /// The number of elements that nobody has taken.
    package var count: Int { state.withLock { $0.elements.count } }

    /// What the elements that nobody has taken weigh.
    package var weight: Int { state.withLock { $0.weight } }

    /// Appends an element and wakes the reader.
    package func push(_ element: Element, weight: Int = 0) {
        let wakes = state.withLock { state in
            state.elements.append(element)
            state.weight += weight
            defer { state.isWaiting = false }
            return state.isWaiting
        }
        if wakes { signal.signal() }
    }

    /// Takes everything, or waits for the first element; empty when the time is over.
    ///
    /// Called from one thread, which it blocks.
    package func take(within limit: Duration) -> [Element] {
        let found = state.withLock { state -> [Element] in
            if state.elements.isEmpty { state.isWaiting = true }
            defer {
                state.elements = []
                state.weight = 0
            }
            return state.elements
        }
        guard found.isEmpty else { return found }
        let (seconds, attoseconds) = limit.components
        let nanoseconds = Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
        _ = signal.wait(timeout: .now() + .nanoseconds(nanoseconds))
        return state.withLock { state in
            state.isWaiting = false
            defer {
                state.elements = []
                state.weight = 0
            }
            return state.elements
        }
    }
}
