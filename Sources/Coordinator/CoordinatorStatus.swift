package import Coordination
package import Transport

/// How a distributed run stands, for the command line and for machines.
package struct CoordinatorStatus: Codable, Hashable, Sendable {
    /// A worker.
    package struct Worker: Codable, Hashable, Sendable {
        /// Its name.
        package var name: String
        /// Its address.
        package var peer: String
        /// What it does.
        package var status: Membership.Member.Status
        /// Tasks at the same time.
        package var slots: Int
        /// The tasks that it has, each `round/index`.
        package var leases: [Lease]
        /// Results of it that counted.
        package var accepted: Int
        /// Results per minute since it joined.
        package var acceptedPerMinute: Double
        /// Bytes from it.
        package var bytesIn: Int
        /// Bytes to it.
        package var bytesOut: Int
        /// Its memory in use.
        package var residentBytes: Int
        /// Seconds since it was heard.
        package var silentSeconds: Double
    }

    /// A task that a worker has.
    package struct Lease: Codable, Hashable, Sendable {
        /// The task, `round/index`.
        package var task: String
        /// Seconds since the lease was given.
        package var ageSeconds: Double
    }

    /// A round.
    package struct Round: Codable, Hashable, Sendable {
        /// Its number.
        package var number: UInt64
        /// Its tasks.
        package var tasks: Int
        /// Tasks whose result counts.
        package var folded: Int
        /// Tasks that nobody has.
        package var pending: Int
        /// Seconds since it was opened.
        package var seconds: Double
    }

    /// Where the time of the results of one round went: means over tasks, in seconds.
    package struct Split: Codable, Hashable, Sendable {
        /// The results that the means are over.
        package var tasks = 0
        /// Fetching parameters.
        package var pullSeconds = 0.0
        /// Computing.
        package var computeSeconds = 0.0
        /// Sending the result.
        package var pushSeconds = 0.0
        /// Adding up, from the last byte of a result to the end of its reader.
        package var reduceSeconds = 0.0
        /// From the opening of the round to its end; 0 while it runs.
        package var roundSeconds = 0.0
        /// From the end of the round before to the opening: update, log, checkpoint.
        package var updateSeconds = 0.0
    }

    /// The run.
    package var runID: String
    /// The coordinator's incarnation.
    package var epoch: UInt32
    /// Where it listens.
    package var ports: ServerPorts
    /// Seconds since it started.
    package var uptimeSeconds: Double
    /// Why nothing moves, in one sentence.
    package var waiting: String
    /// The oldest open round.
    package var round: Round?
    /// Where the time of the newest round goes.
    package var split: Split
    /// Why no tasks are given out; absent while they are.
    package var paused: String?
    /// Tasks of the open rounds; only where they were asked for.
    package var tasks: [CoordinatorState.TaskStanding]?
    /// Reports of peers that were turned away.
    package var refused: Int
    /// The coordinator's memory in use, in bytes.
    package var residentBytes: Int
    /// The workers, in the order that they joined in.
    package var workers: [Worker]
    /// Counts of what went another way than straight.
    package var counts: CoordinatorCounts
    /// Bytes that were not messages, in messages.
    package var malformed: Int
    /// Bytes from all workers since the start.
    package var bytesIn: Int
    /// Bytes to all workers since the start.
    package var bytesOut: Int
}
