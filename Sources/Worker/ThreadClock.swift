internal import Glibc

/// The processor time of one thread; unlike a process's, it costs the same however many there are.
struct ThreadClock: Sendable {
    private let clock: clockid_t?

    /// The clock of the thread that makes it.
    init() {
        var clock = clockid_t()
        self.clock = unsafe pthread_getcpuclockid(pthread_self(), &clock) == 0 ? clock : nil
    }

    /// What the thread has used so far; zero once it has ended.
    var time: Duration {
        var time = timespec()
        guard let clock, unsafe clock_gettime(clock, &time) == 0 else { return .zero }
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
