internal import Tasks
internal import WireProtocol

extension WorkerState {
    // MARK: Time

    mutating func tick(_ effects: inout [Effect]) {
        let silence =
            welcome.map { Duration.milliseconds($0.silenceMilliseconds) } ?? settings.timers.silence
        switch connection {
        case .over: return
        case .connecting(let since):
            // libzmq tries on by itself, but with the address that it looked up once.
            if now - since >= silence { reconnect(&effects) }
        case .greeting(let since):
            if now - since >= silence {
                reconnect(&effects)
            } else if now - heartbeatAt >= settings.timers.greeting {
                sayHello(&effects)
            }
        case .welcomed:
            if now - heardAt >= silence { return reconnect(&effects) }
            let interval = Duration.milliseconds(welcome?.heartbeatMilliseconds ?? 2000)
            if now - heartbeatAt >= interval * (0.9 + 0.2 * nextUnit()) { beat(&effects) }
            retry(&effects)
        }
    }

    private mutating func reconnect(_ effects: inout [Effect]) {
        let limits = settings.timers.backOff
        let longest = min(limits.upperBound, limits.lowerBound * (1 << min(attempts, 16)))
        let pause = longest * nextUnit()
        attempts += 1
        connection = .connecting(since: now + pause)
        effects.append(.reconnect(after: pause))
    }

    /// A number in `0..<1`, so that workers do not all come back at once.
    private mutating func nextUnit() -> Double {
        jitter = jitter &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(jitter >> 11) * 0x1p-53
    }

    private mutating func beat(_ effects: inout [Effect]) {
        sequence += 1
        heartbeatAt = now
        let heartbeat = Heartbeat(
            sequence: sequence, progress: progress, residentBytes: residentBytes,
            leases: Array(openLeases.prefix(WireLimits.listCount)))
        effects.append(.send(.heartbeat(heartbeat)))
    }

    /// Repeats what has stood still for too long.
    private mutating func retry(_ effects: inout [Effect]) {
        for key in jobs.keys.sorted() {
            guard let job = jobs[key], now - job.movedAt >= settings.timers.stalled else {
                continue
            }
            switch job.stage {
            case .pulling: pull(key, &effects)
            case .offering, .pushing: offer(key, &effects)
            case .preparing, .ready, .computing: break
            }
        }
    }

    // MARK: Session

    mutating func greet(_ effects: inout [Effect]) {
        connection = .greeting(since: now)
        sayHello(&effects)
    }

    private mutating func sayHello(_ effects: inout [Effect]) {
        heartbeatAt = now
        let offered = jobs.keys.filter { (jobs[$0]?.stage ?? .preparing) >= .offering }
        let results = (offered + held.keys).sorted().suffix(WireLimits.listCount)
        effects.append(
            .send(
                .hello(
                    Hello(
                        workerName: settings.name, bootNonce: settings.bootNonce,
                        cores: settings.cores, memoryBytes: settings.memoryBytes,
                        slots: settings.slots, prefetch: settings.prefetch, build: settings.build,
                        numericsFingerprint: settings.numericsFingerprint,
                        configurationHash: welcome?.configurationHash ?? "",
                        held: results.compactMap { key in
                            (jobs[key] ?? held[key]).map {
                                HeldResult(key: key, inputs: $0.inputs)
                            }
                        }))))
    }

    mutating func receive(_ received: ReceivedMessage, _ effects: inout [Effect]) {
        heardAt = now
        switch received.message {
        case .welcome(let welcome): enter(welcome, &effects)
        case .reject(let reject): obey(reject, &effects)
        default:
            guard connection == .welcomed, received.epoch == epoch else { return }
            receiveTask(received.message, &effects)
        }
    }

    private mutating func obey(_ reject: Reject, _ effects: inout [Effect]) {
        switch reject.code {
        case .unknownSession, .staleEpoch:
            // One greeting answers all the messages that were refused together.
            if connection == .welcomed { greet(&effects) }
        case .malformed: break
        case .closed where reject.retryMilliseconds == nil: stop(.dismissed(reject.text), &effects)
        case .closed: break
        case .version, .numerics, .quarantined, .identity, .evicted:
            stop(.refused(reject), &effects)
        }
    }

    private mutating func enter(_ message: Welcome, _ effects: inout [Effect]) {
        let isNewRun =
            welcome?.runID != message.runID
            || welcome?.configurationHash != message.configurationHash
            || welcome?.configuration != message.configuration
        let isNewEpoch = epoch != message.epoch
        welcome = message
        epoch = message.epoch
        connection = .welcomed
        attempts = 0
        effects.append(.openData(port: message.dataPort))
        if isNewRun {
            for key in held.keys.sorted() { revive(key) }
            for key in jobs.keys.sorted() { forget(key, &effects) }
            newestRound = 0
            isReady = false
            unprepared = nil
            effects.append(
                .makeComputing(runID: message.runID, configuration: message.configuration))
        } else if isNewEpoch {
            for key in held.keys.sorted() { revive(key) }
            forgetLeases(&effects)
        }
        if isNewRun || isNewEpoch { effects.append(.clearCache) }
        guard unprepared == nil else { return giveUp(&effects) }
        for key in jobs.keys.sorted() {
            guard let stage = jobs[key]?.stage else { continue }
            if stage >= .offering { offer(key, &effects) }
        }
        resumePulls(&effects)
        beat(&effects)
        request(&effects)
    }

    /// The leases of an earlier incarnation are void; what was begun is kept, for its result is the
    /// same whoever asks for it.
    private mutating func forgetLeases(_ effects: inout [Effect]) {
        for key in jobs.keys.sorted() {
            if (jobs[key]?.stage ?? .pushing) < .computing {
                forget(key, &effects)
            } else {
                jobs[key]?.leases = []
            }
        }
    }

    mutating func request(_ effects: inout [Effect]) {
        guard isReady, isWelcome, !isDraining else { return }
        effects.append(
            .send(.taskRequest(TaskRequest(slots: settings.slots, prefetch: settings.prefetch))))
    }

    mutating func resumeTransfers(_ effects: inout [Effect]) {
        guard isWelcome else { return }
        resumePulls(&effects)
        for key in jobs.keys.sorted() where jobs[key]?.stage == .pushing { offer(key, &effects) }
    }

    private mutating func resumePulls(_ effects: inout [Effect]) {
        for key in jobs.keys.sorted() where jobs[key]?.stage == .pulling { pull(key, &effects) }
    }

    // MARK: Tasks

    private mutating func receiveTask(_ message: Message, _ effects: inout [Effect]) {
        switch message {
        case .lease(let lease): take(lease, &effects)
        case .gradWant(let want):
            revive(want.key)
            guard let stage = jobs[want.key]?.stage, stage >= .offering else {
                let gone = TaskFailure(key: want.key, lease: 0, text: "the result is not held")
                return effects.append(.send(.taskFailure(gone)))
            }
            jobs[want.key]?.stage = .pushing
            jobs[want.key]?.movedAt = now
            effects.append(.push(want))
        case .gradAck(let ack):
            guard jobs[ack.key]?.stage ?? .preparing >= .offering else { return }
            if ack.code == .accepted, !ack.isDurable {
                hold(ack.key, &effects)
            } else {
                forget(ack.key, &effects)
            }
        case .heartbeatAck(let ack): trimHeld(newest: ack.round, &effects)
        case .abandon(let abandon): release(Set(abandon.leases), &effects)
        case .drain(let drain):
            self.drain(drain.reason, within: .milliseconds(drain.deadlineMilliseconds), &effects)
        default: break
        }
    }

    private mutating func take(_ lease: Lease, _ effects: inout [Effect]) {
        let key = lease.task.key
        guard !isDraining else { return }
        trimHeld(newest: key.round, &effects)
        revive(key)
        if let job = jobs[key], job.inputs != lease.inputs {
            // The same place of another computation, from before a restart.
            guard job.stage != .computing else {
                // It cannot be stopped. The coordinator takes back the lease, which no heartbeat
                // lists.
                jobs[key]?.isAbandoned = true
                return
            }
            forget(key, &effects)
        }
        if let job = jobs[key] {
            guard !job.leases.contains(lease.lease) else { return }
            jobs[key]?.leases.append(lease.lease)
            jobs[key]?.isAbandoned = false
            // The coordinator does not know of the result, or stopped to fetch it.
            if job.stage >= .offering { offer(key, &effects) }
            return
        }
        jobs[key] = Job(
            task: lease.task, inputs: lease.inputs, alpha: lease.alpha, leases: [lease.lease],
            movedAt: now)
        effects.append(.prepare(key))
    }

    private mutating func release(_ leases: Set<UInt64>, _ effects: inout [Effect]) {
        for key in jobs.keys.sorted() {
            guard let job = jobs[key], !leases.isDisjoint(with: job.leases) else { continue }
            jobs[key]?.leases.removeAll(where: leases.contains)
            guard jobs[key]?.leases.isEmpty == true else { continue }
            switch job.stage {
            case .preparing, .pulling, .ready: forget(key, &effects)
            // A computation cannot be stopped; its result will not be offered.
            case .computing: jobs[key]?.isAbandoned = true
            // Every offer is answered: by a request, or with what became of it.
            case .offering, .pushing: break
            }
        }
    }
}
