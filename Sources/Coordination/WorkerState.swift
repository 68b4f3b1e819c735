package import Tasks
package import WireProtocol

/// What a worker was started with.
package struct WorkerSettings: Sendable {
    /// For people.
    package var name: String
    /// Drawn at random at every start.
    package var bootNonce: UInt64
    /// Processors that may be used.
    package var cores: Int
    /// Memory of the machine.
    package var memoryBytes = 0
    /// Tasks at the same time.
    package var slots: Int
    /// Leases beyond those, whose parameters are fetched early.
    package var prefetch: Int
    /// What this build's arithmetic yields on this machine.
    package var numericsFingerprint: String
    /// The build, for people.
    package var build = ""
    /// Patience.
    package var timers = WorkerTimers()
    /// Bytes of accepted results to keep for a coordinator that restarts.
    package var heldBytes = 32 << 20

    /// Settings with the defaults for everything that patience depends on.
    package init(
        name: String, bootNonce: UInt64, cores: Int, slots: Int, prefetch: Int,
        numericsFingerprint: String
    ) {
        self.name = name
        self.bootNonce = bootNonce
        self.cores = cores
        self.slots = slots
        self.prefetch = prefetch
        self.numericsFingerprint = numericsFingerprint
    }
}

/// How a worker ended.
package enum WorkerOutcome: Hashable, Sendable {
    /// It was asked to stop and has finished what it had begun.
    case drained
    /// The coordinator needs no more workers.
    case dismissed(String)
    /// The coordinator will not have it: the reason, and what to do.
    case refused(Reject)
}

/// A worker's decisions: events in, effects out, time as data.
package struct WorkerState: Sendable {
    /// What happened.
    package enum Event: Sendable {
        /// Time passed; with the worker's own count of progress and its memory in use.
        case tick(now: Duration, progress: UInt64, residentBytes: Int)
        /// The control lane's connection stands.
        case connected
        /// The control lane's connection closed.
        case disconnected
        /// The data lane's connection stands.
        case dataConnected
        /// A message, of any lane, but for plans and chunks.
        case received(ReceivedMessage)
        /// Anything valid on the data lane.
        case heard
        /// The run's data and model are at hand.
        case ready(runID: String)
        /// The run's data or model cannot be had here.
        case unprepared(runID: String, reason: String)
        /// It is known what a task reads.
        case prepared(TaskKey, wants: [ParamsWant.Block])
        /// A transfer of the task's moved.
        case moved(TaskKey)
        /// All parameters of a task are at hand.
        case pulled(TaskKey)
        /// A task was computed.
        case computed(GradOffer)
        /// A task cannot be computed here.
        case failed(TaskKey, String)
        /// The worker is to stop.
        case drain(reason: String)
    }

    /// What is to be done.
    package enum Effect: Hashable, Sendable {
        /// Send a message on the control lane.
        case send(Message)
        /// Send a message on the data lane.
        case sendData(Message)
        /// Drop all connections, and make new ones after a pause.
        case reconnect(after: Duration)
        /// Connect the data lane, on the host of the control lane, unless it is.
        case openData(port: Int)
        /// Forget cached parameters: another incarnation may count versions anew.
        case clearCache
        /// Make what computes a run's tasks, and report ``Event/ready(runID:)`` or
        /// ``Event/unprepared(runID:reason:)``.
        case makeComputing(runID: String, configuration: String)
        /// Find out what a task reads, and report ``Event/prepared(_:wants:)``.
        case prepare(TaskKey)
        /// Compute a task, and report ``Event/computed(_:)`` or ``Event/failed(_:_:)``.
        case compute(TaskKey)
        /// Send a result's blocks as asked.
        case push(GradWant)
        /// Forget all bytes of a task.
        case forget(TaskKey)
        /// End.
        case stop(WorkerOutcome)
        /// End with an error: the run cannot be prepared here.
        case giveUp(reason: String)
    }

    /// A task that the worker has to do with.
    package struct Job: Hashable, Sendable {
        /// How far it is.
        package enum Stage: Int, Hashable, Comparable, Sendable {
            /// What it reads is being found out.
            case preparing
            /// Its parameters are being fetched.
            case pulling
            /// It waits for a free slot.
            case ready
            /// It is being computed.
            case computing
            /// Its result is announced.
            case offering
            /// Its result is being sent.
            case pushing

            package static func < (left: Stage, right: Stage) -> Bool {
                left.rawValue < right.rawValue
            }
        }

        /// The task.
        package let task: TaskDescription
        /// What it is computed from.
        package let inputs: TaskDigest
        /// The architecture logits that it is sampled from.
        package let alpha: [Float]
        /// How far it is.
        package internal(set) var stage = Stage.preparing
        /// The leases on it.
        package internal(set) var leases: [UInt64]
        var movedAt: Duration
        var wants: [ParamsWant.Block] = []
        var offer: GradOffer?
        var isAbandoned = false
    }

    enum Connection: Hashable, Sendable {
        case connecting(since: Duration)
        case greeting(since: Duration)
        case welcomed
        case over
    }

    /// What the worker was started with.
    package let settings: WorkerSettings
    /// The tasks that it has to do with.
    package internal(set) var jobs: [TaskKey: Job] = [:]
    /// The tasks whose results were accepted, kept for a coordinator that restarts.
    package internal(set) var held: [TaskKey: Job] = [:]
    var heldBytes = 0
    var newestRound: UInt64 = 0
    /// The coordinator's incarnation, 0 before it is known.
    package internal(set) var epoch: UInt32 = 0
    /// What the coordinator told at admission.
    package internal(set) var welcome: Welcome?
    /// Whether nothing new is taken.
    package internal(set) var isDraining = false
    var connection = Connection.connecting(since: .zero)
    var now = Duration.zero
    var heardAt = Duration.zero
    var heartbeatAt = Duration.zero
    var sequence: UInt64 = 0
    var progress: UInt64 = 0
    var residentBytes = 0
    var isReady = false
    /// Why the run cannot be prepared, until the coordinator was told.
    var unprepared: String?
    var attempts = 0
    var drainBy: Duration?
    var jitter: UInt64

    /// A worker that has not spoken to anyone.
    package init(settings: WorkerSettings) {
        self.settings = settings
        jitter = settings.bootNonce
    }

    /// The leases that the worker has not offered a result for, as heartbeats list them.
    package var openLeases: [UInt64] {
        jobs.values.filter { $0.stage < .offering }.flatMap(\.leases).sorted()
    }

    /// Whether the coordinator has admitted the worker.
    package var isWelcome: Bool { connection == .welcomed }

    /// Takes in an event.
    ///
    /// - Returns: What is to be done, in this order.
    package mutating func handle(_ event: Event) -> [Effect] {
        guard connection != .over else { return [] }
        var effects: [Effect] = []
        switch event {
        case .tick(let now, let progress, let residentBytes):
            self.now = max(self.now, now)
            self.progress = progress
            self.residentBytes = residentBytes
            tick(&effects)
        case .connected: greet(&effects)
        case .disconnected:
            if connection == .welcomed { connection = .connecting(since: now) }
        case .dataConnected: resumeTransfers(&effects)
        case .received(let received): receive(received, &effects)
        case .heard: heardAt = now
        case .ready(let runID):
            guard welcome?.runID == runID else { break }
            isReady = true
            request(&effects)
        case .unprepared(let runID, let reason):
            guard welcome?.runID == runID else { break }
            unprepared = reason
            giveUp(&effects)
        case .prepared(let key, let wants):
            guard jobs[key]?.stage == .preparing else { break }
            jobs[key]?.wants = wants
            pull(key, &effects)
        case .moved(let key): jobs[key]?.movedAt = now
        case .pulled(let key):
            if jobs[key]?.stage == .pulling { jobs[key]?.stage = .ready }
        case .computed(let offer): complete(offer, &effects)
        case .failed(let key, let text): fail(key, text, &effects)
        case .drain(let reason): drain(reason, within: settings.timers.drain, &effects)
        }
        startComputing(&effects)
        leaveIfIdle(&effects)
        return effects
    }

    // MARK: Tasks

    private mutating func startComputing(_ effects: inout [Effect]) {
        guard !isDraining else { return }
        var running = jobs.values.count { $0.stage == .computing }
        guard running < settings.slots else { return }
        for key in jobs.keys.sorted() where jobs[key]?.stage == .ready {
            guard running < settings.slots else { return }
            jobs[key]?.stage = .computing
            running += 1
            effects.append(.compute(key))
        }
    }

    mutating func pull(_ key: TaskKey, _ effects: inout [Effect]) {
        guard let job = jobs[key], let welcome, let lease = job.leases.first else { return }
        jobs[key]?.stage = .pulling
        jobs[key]?.movedAt = now
        let want = ParamsWant(
            lease: lease, key: key, creditBytes: welcome.windowBytes, blocks: job.wants)
        effects.append(.sendData(.paramsWant(want)))
    }

    private mutating func complete(_ offer: GradOffer, _ effects: inout [Effect]) {
        guard var job = jobs[offer.key], job.stage == .computing else { return }
        guard !job.isAbandoned else { return forget(offer.key, &effects) }
        job.stage = .offering
        job.offer = offer
        jobs[offer.key] = job
        self.offer(offer.key, &effects)
    }

    mutating func offer(_ key: TaskKey, _ effects: inout [Effect]) {
        guard var offer = jobs[key]?.offer else { return }
        jobs[key]?.stage = .offering
        jobs[key]?.movedAt = now
        guard isWelcome else { return }  // Offered after the next welcome.
        offer.lease = jobs[key]?.leases.first ?? 0
        effects.append(.send(.gradOffer(offer)))
    }

    private mutating func fail(_ key: TaskKey, _ text: String, _ effects: inout [Effect]) {
        guard let job = jobs[key] else { return }
        let short = Self.shortened(text)
        for lease in job.leases where isWelcome {
            effects.append(.send(.taskFailure(TaskFailure(key: key, lease: lease, text: short))))
        }
        forget(key, &effects)
    }

    /// What fits into a message of an explanation; a character that is cut takes three bytes.
    private static func shortened(_ text: String) -> String {
        String(decoding: text.utf8.prefix(WireLimits.textBytes - 3), as: UTF8.self)
    }

    mutating func forget(_ key: TaskKey, _ effects: inout [Effect]) {
        guard jobs.removeValue(forKey: key) != nil else { return }
        effects.append(.forget(key))
    }

    // MARK: Accepted results

    /// Keeps an accepted result.
    mutating func hold(_ key: TaskKey, _ effects: inout [Effect]) {
        guard var job = jobs.removeValue(forKey: key) else { return }
        job.leases = []
        held[key] = job
        heldBytes += job.offer?.blockBytes ?? 0
        trimHeld(newest: key.round, &effects)
    }

    /// Takes a kept result up again.
    mutating func revive(_ key: TaskKey) {
        guard let job = held.removeValue(forKey: key) else { return }
        heldBytes -= job.offer?.blockBytes ?? 0
        jobs[key] = job
    }

    /// Drops accepted results that no restart will ask for, and the oldest beyond the limit.
    mutating func trimHeld(newest round: UInt64, _ effects: inout [Effect]) {
        guard round > newestRound || heldBytes > settings.heldBytes else { return }
        newestRound = max(round, newestRound)
        for key in held.keys.sorted() {
            guard key.round + 2 < newestRound || heldBytes > settings.heldBytes else { return }
            heldBytes -= held.removeValue(forKey: key)?.offer?.blockBytes ?? 0
            effects.append(.forget(key))
        }
    }

    // MARK: Stopping

    mutating func drain(
        _ reason: String, within limit: Duration, _ effects: inout [Effect]
    ) {
        guard !isDraining else { return }
        isDraining = true
        drainBy = now + limit
        let idle = jobs.keys.sorted().filter { (jobs[$0]?.stage ?? .pushing) < .computing }
        let returned = idle.flatMap { jobs[$0]?.leases ?? [] }
        for key in idle { forget(key, &effects) }
        guard isWelcome else { return }
        let message = Drain(
            reason: reason, deadlineMilliseconds: limit.inMilliseconds,
            leases: Array(returned.prefix(WireLimits.listCount)))
        effects.append(.send(.drain(message)))
    }

    private mutating func leaveIfIdle(_ effects: inout [Effect]) {
        guard isDraining, let drainBy, connection != .over else { return }
        let busy = jobs.values.contains { $0.stage >= .computing }
        guard !busy || now >= drainBy else { return }
        if isWelcome {
            let leases = Array(openLeases.prefix(WireLimits.listCount))
            effects.append(.send(.goodbye(Goodbye(reason: "drained", leases: leases))))
        }
        stop(.drained, &effects)
    }

    /// Tells the coordinator why the run cannot be prepared, and ends; after the next welcome when
    /// there is no connection.
    mutating func giveUp(_ effects: inout [Effect]) {
        guard let unprepared, isWelcome else { return }
        let goodbye = Goodbye(
            reason: Self.shortened(unprepared),
            leases: Array(openLeases.prefix(WireLimits.listCount)), isUnprepared: true)
        effects.append(.send(.goodbye(goodbye)))
        connection = .over
        effects.append(.giveUp(reason: unprepared))
    }

    mutating func stop(_ outcome: WorkerOutcome, _ effects: inout [Effect]) {
        connection = .over
        effects.append(.stop(outcome))
    }
}
