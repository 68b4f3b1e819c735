/// When a state is to be saved: a restart reads the newest one and applies the log behind it, and
/// must not take long, however often the coordinator dies.
package struct SavePace: Sendable {
    /// The longest time between two saved states.
    package let interval: Duration
    /// How long a restart may take to apply the log, unless saving takes longer than half of it.
    package let replayLimit: Duration

    /// A pace.
    package init(interval: Duration = .seconds(300), replayLimit: Duration = .seconds(1.5)) {
        self.interval = interval
        self.replayLimit = replayLimit
    }

    /// Whether it is time.
    ///
    /// - Parameters:
    ///   - age: The time since the last state.
    ///   - replay: How long a restart would take to apply what was logged since.
    ///   - saving: How long saving took the last time; zero before the first.
    /// - Returns: Whether to save.
    package func isDue(age: Duration, replay: Duration, saving: Duration) -> Bool {
        age >= interval || replay >= max(replayLimit, saving * 2)
    }

    /// How long a restart takes to read and decode a part of the log, without applying it.
    static func reading(bytes: Int) -> Duration { .seconds(Double(bytes) / 400e6) }
}
