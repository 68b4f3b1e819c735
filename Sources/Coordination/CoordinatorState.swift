package import Tasks
package import WireProtocol

/// What the coordinator was started with.
package struct CoordinatorSettings: Sendable {
    /// The run.
    package var runID: String
    /// The run configuration, as canonical text.
    package var configuration: String
    /// Its hash.
    package var configurationHash: String
    /// The coordinator's incarnation; higher after every restart.
    package var epoch: UInt32
    /// The port of the data lane.
    package var dataPort = 0
    /// What a worker's arithmetic must yield, or `nil` to take every worker.
    package var numericsFingerprint: String?
    /// Patience.
    package var timers = CoordinatorTimers()
    /// Bytes under way per transfer.
    package var windowBytes = 4 << 20
    /// Bytes of results that may be held at once.
    package var inboundBytes = 512 << 20
    /// The share of tasks that two workers compute and whose bits are compared.
    package var auditShare = 0.01

    /// Settings with the defaults for everything that speed and patience depend on.
    package init(
        runID: String, configuration: String, configurationHash: String = "", epoch: UInt32
    ) {
        self.runID = runID
        self.configuration = configuration
        self.configurationHash = configurationHash
        self.epoch = epoch
    }
}

extension CoordinatorSettings {
    /// What a worker is told at its admission.
    package func welcome(session: UInt64) -> Welcome {
        Welcome(
            session: session, epoch: epoch, runID: runID, configurationHash: configurationHash,
            dataPort: dataPort, heartbeatMilliseconds: timers.heartbeat.inMilliseconds,
            silenceMilliseconds: timers.silence.inMilliseconds,
            chunkBytes: WireLimits.chunkBytes, windowBytes: windowBytes,
            configuration: configuration)
    }
}

/// The coordinator's decisions: events in, effects out, time as data.
///
/// Whatever order events come in, and however often, each index of a round is handed over once.
package struct CoordinatorState: Sendable {
    /// What happened.
    package enum Event: Sendable {
        /// Time passed; comes before the events of that time.
        case tick(now: Duration)
        /// A message on the control lane.
        case received(ReceivedMessage, from: PeerID)
        /// Anything valid on the data lane.
        case heard(PeerID)
        /// A worker asks for the parameters of a task under a lease.
        case wanted(TaskKey, lease: UInt64, from: PeerID)
        /// The connection of a worker's control lane closed.
        case disconnected(PeerID)
        /// A round is to be computed; `inputs` says what each task's result must come from.
        case opened(
            number: UInt64, tasks: [TaskDescription], inputs: [TaskDigest], alpha: [Float])
        /// A round is not wanted any more.
        case closed(round: UInt64)
        /// All blocks of a result are here and were looked at.
        case uploaded(TaskKey, from: PeerID, Verdict)
        /// The reader of a result has finished.
        case delivered(TaskKey)
        /// Workers are to go home.
        case drained(reason: String)
        /// One worker is to go home.
        case sentHome(PeerID, reason: String, within: Duration)
        /// A worker was put out, and what it has goes to others.
        case dismissed(PeerID, reason: String)
        /// No tasks are to be given out, for a reason, or they are again.
        case paused(reason: String?)
    }

    /// What looking at a result found.
    package enum Verdict: Hashable, Sendable {
        /// It is a result of the task.
        case valid
        /// It holds numbers that are not finite or absurd.
        case faulty(String)
        /// No honest worker of this version sends it.
        case refused(String)
    }

    /// What is to be done.
    package enum Effect: Hashable, Sendable {
        /// Send a message on the control lane.
        case send(Message, to: PeerID)
        /// Fetch the blocks of a result, look at it, and report ``Event/uploaded(_:from:_:)``.
        case receive(GradOffer, from: PeerID)
        /// Stop fetching.
        case stopReceiving(TaskKey, from: PeerID)
        /// Hand over the result that was looked at, and report ``Event/delivered(_:)``.
        case deliver(TaskKey, from: PeerID)
        /// Every result of the round was handed over.
        case finished(round: UInt64)
        /// The round cannot be finished.
        case failed(TaskFailureError)
        /// Forget a worker's transfers.
        case forget(PeerID)
        /// Something for the event log.
        case note(CoordinatorNote)
    }

    /// What the coordinator was started with.
    package let settings: CoordinatorSettings
    /// The workers.
    package internal(set) var membership = Membership()
    /// Who computes what.
    package internal(set) var leases = LeaseTable()
    /// The rounds that are open.
    package internal(set) var rounds = OpenRounds()
    /// Durations of tasks.
    package internal(set) var timings = TaskTimings()
    /// The last time that was told.
    package internal(set) var now = Duration.zero
    /// Counts of what went another way than straight.
    package internal(set) var counts = CoordinatorCounts()
    /// Why the last worker that was of no use was not, until one takes tasks.
    var obstacle: String?
    /// The last of the rounds that are over, and of those that ever were open.
    var lastFinished: UInt64?
    var lastOpened: UInt64?
    var isDraining = false
    /// Why no tasks are given out; `nil` while they are.
    package internal(set) var pauseReason: String?
    var sessions: UInt64 = 0
    /// Workers whose bits differed from another's, and how many of their tasks are still audited.
    var suspects: [PeerID: Int] = [:]
    /// Names that stay away for a while.
    var quarantines = Quarantines()
    /// Results of rounds that are not open yet: after a restart, workers are back before the search.
    var early: [TaskKey: [RoundLedger.Offer]] = [:]
    static let earlyLimit = 4096

    /// A coordinator without workers.
    package init(settings: CoordinatorSettings) {
        self.settings = settings
    }

    /// Takes in an event.
    ///
    /// - Returns: What is to be done, in this order.
    package mutating func handle(_ event: Event) -> [Effect] {
        var effects: [Effect] = []
        switch event {
        case .tick(let now):
            self.now = max(self.now, now)
            expire(&effects)
        case .received(let received, let peer): receive(received, from: peer, &effects)
        case .heard(let peer):
            revive(peer)
            leases.renew(peer, at: now)
        case .wanted(let key, let lease, let peer):
            revive(peer)
            leases.renew(peer, at: now)
            // Its lease was taken back while it was away; nobody else would tell it.
            if rounds[key.round] == nil, membership[peer] != nil {
                effects.append(.send(.abandon(Abandon(leases: [lease])), to: peer))
            }
        case .disconnected(let peer):
            membership.update(peer) {
                $0.disconnectedAt = now
                if $0.status == .active { $0.status = .suspect }
            }
        case .opened(let number, let tasks, let inputs, let alpha):
            open(number, tasks: tasks, inputs: inputs, alpha: alpha, &effects)
        case .closed(let number): close(number, &effects)
        case .uploaded(let key, let peer, let verdict): judge(key, from: peer, verdict, &effects)
        case .delivered(let key): fold(key, &effects)
        case .drained(let reason):
            isDraining = true
            for member in membership.all {
                let drain = Drain(
                    reason: reason,
                    deadlineMilliseconds: settings.timers.heartbeat.inMilliseconds)
                effects.append(.send(.drain(drain), to: member.peer))
            }
        case .sentHome(let peer, let reason, let limit):
            send(peer, home: reason, within: limit, &effects)
        case .dismissed(let peer, let reason): dismiss(peer, because: reason, &effects)
        case .paused(let reason): pauseReason = reason
        }
        startReceiving(&effects)
        assign(&effects)
        if case .tick = event { speculate(&effects) }
        waiveAudits(&effects)
        return effects
    }

    // MARK: Rounds

    private mutating func open(
        _ number: UInt64, tasks: [TaskDescription], inputs: [TaskDigest], alpha: [Float],
        _ effects: inout [Effect]
    ) {
        precondition(rounds[number] == nil, "round \(number) is open already")
        lastOpened = max(number, lastOpened ?? 0)
        var opened = RoundLedger(
            number: number, tasks: tasks, inputs: inputs, alpha: alpha, openedAt: now)
        for index in tasks.indices where isAudited(tasks[index].key) {
            opened.update(index) {
                $0.isAudited = true
                $0.required = 2
            }
        }
        var foreign: [RoundLedger.Offer] = []
        for (key, offers) in early {
            if let index = opened.index(of: key) {
                let present = offers.filter { membership[$0.peer] != nil }
                foreign += present.filter { $0.message.inputs != inputs[index] }
                opened.update(index) { entry in
                    entry.offers = present.filter { $0.message.inputs == entry.inputs }
                }
            } else if key.round > lastOpened ?? number || rounds.contains(key) {
                continue
            } else {
                for offer in offers { acknowledge(offer, .stale, &effects) }
            }
            early[key] = nil
        }
        rounds.insert(opened)
        for offer in foreign { turnAway(offer.message, from: offer.peer, &effects) }
        for member in membership.all {
            reserve(member.hello.held, for: member.peer)
            // By the next round it may have dropped them.
            membership.update(member.peer) { $0.hello.held = [] }
        }
        if opened.isComplete { finish(number, &effects) }
    }

    private mutating func close(_ number: UInt64, _ effects: inout [Effect]) {
        guard let ledger = rounds[number] else { return }
        for entry in ledger.entries {
            if case .receiving(let offer) = entry.stage {
                effects.append(.stopReceiving(entry.task.key, from: offer.peer))
            }
        }
        abandon(leases.all.filter { $0.key.round == number }.map(\.id), &effects)
        rounds.remove(number)
        // It may be opened once more, and results of it are not late then.
        if lastOpened == number { lastOpened = rounds.all.last?.number ?? lastFinished }
    }

    /// Takes leases back and tells their workers.
    mutating func abandon(_ ids: [UInt64], _ effects: inout [Effect]) {
        var byPeer: [PeerID: [UInt64]] = [:]
        for id in ids {
            guard let lease = leases.remove(id) else { continue }
            byPeer[lease.peer, default: []].append(id)
        }
        for (peer, list) in byPeer.sorted(by: { $0.key.description < $1.key.description }) {
            for start in stride(from: 0, to: list.count, by: WireLimits.listCount) {
                let part = Array(list[start..<min(start + WireLimits.listCount, list.count)])
                effects.append(.send(.abandon(Abandon(leases: part)), to: peer))
            }
        }
    }

    private mutating func fold(_ key: TaskKey, _ effects: inout [Effect]) {
        guard case .verified(let offer) = rounds[key]?.stage else { return }
        rounds.update(key) { $0.stage = .folded(digest: offer.digest) }
        if rounds.isComplete(key.round) { finish(key.round, &effects) }
    }

    private mutating func finish(_ number: UInt64, _ effects: inout [Effect]) {
        abandon(leases.all.filter { $0.key.round == number }.map(\.id), &effects)
        lastFinished = max(number, lastFinished ?? 0)
        rounds.remove(number)
        effects.append(.finished(round: number))
    }

    // MARK: Time

    private mutating func expire(_ effects: inout [Effect]) {
        let timers = settings.timers
        for member in membership.all {
            let silence = now - member.heardAt
            if silence >= timers.dead {
                lose(member.peer, because: "silent for \(Int(silence.inSeconds)) s", &effects)
            } else if let since = member.disconnectedAt, now - since >= timers.disconnected {
                lose(member.peer, because: "connection closed", &effects)
            } else if silence >= timers.suspect, member.status == .active {
                membership.update(member.peer) { $0.status = .suspect }
            }
        }
        for lease in leases.expired(at: now) { lose(lease.id, because: "no progress", &effects) }
    }

    /// Removes a worker; what it had goes to others.
    mutating func lose(_ peer: PeerID, because reason: String, _ effects: inout [Effect]) {
        for lease in leases.leases(of: peer) { lose(lease.id, because: reason, &effects) }
        membership.remove(peer)
        effects.append(.forget(peer))
        effects.append(.note(.workerLost(peer, reason)))
    }

    /// A worker that is heard lives.
    mutating func revive(_ peer: PeerID) {
        let now = now
        membership.update(peer) {
            $0.heardAt = now
            $0.disconnectedAt = nil
            if $0.status == .suspect { $0.status = $0.slots > 0 ? .active : .preparing }
        }
    }
}
