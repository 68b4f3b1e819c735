internal import CProcess

/// The processor time of one thread; unlike a process's, it costs the same however many there are.
package struct ThreadClock: Sendable {
    /// 0, the clock on the wall to the system, for none.
    private let clock: Int32

    /// The clock of the thread that makes it.
    package init() { clock = voxelnas_thread_clock() }

    /// What the thread has used so far; zero once it has ended.
    package var time: Duration {
        clock == 0 ? .zero : .nanoseconds(max(0, voxelnas_clock_nanoseconds(clock)))
    }
}
