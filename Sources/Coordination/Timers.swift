/// The coordinator's patience.
package struct CoordinatorTimers: Hashable, Sendable {
    /// The pause between a worker's heartbeats.
    package var heartbeat = Duration.seconds(2)
    /// Silence after which a worker gets no new lease.
    package var suspect = Duration.seconds(6)
    /// How long a worker whose connection closed may take to come back.
    package var disconnected = Duration.seconds(2)
    /// Silence after which a worker's leases go to others.
    package var dead = Duration.seconds(15)
    /// The shortest life of a lease without progress.
    package var leaseMinimum = Duration.seconds(30)
    /// The life of a lease before any task of its kind has been timed.
    package var leaseUnknown = Duration.seconds(600)
    /// How old a lease must be before a heartbeat that does not list it takes it back.
    package var leaseUnlisted = Duration.seconds(5)
    /// Silence after which a worker gives up on the coordinator's connection.
    package var silence = Duration.seconds(10)
    /// The shortest age at which a task is late enough to be given to a second worker; twice the
    /// usual duration when that is longer.
    package var late = Duration.seconds(10)

    /// The defaults; the reasons are in Docs/Protocol.md.
    package init() {}
}

/// A worker's patience.
package struct WorkerTimers: Hashable, Sendable {
    /// Silence after which connections start anew, until a welcome says otherwise.
    package var silence = Duration.seconds(10)
    /// How long a greeting may go unanswered before it is repeated.
    package var greeting = Duration.seconds(2)
    /// How long a transfer or an offer may stand still before it is asked for again.
    package var stalled = Duration.seconds(5)
    /// The first and the longest pause before connections start anew.
    package var backOff = Duration.milliseconds(500)...Duration.seconds(32)
    /// How long a draining worker may take over what it has begun.
    package var drain = Duration.seconds(25)

    /// The defaults; the reasons are in Docs/Protocol.md.
    package init() {}
}

extension Duration {
    /// The duration in seconds.
    package var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }

    /// The duration in whole milliseconds.
    package var inMilliseconds: Int {
        Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}
