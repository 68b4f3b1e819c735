import Coordination
import SearchSpaces
import Tasks
import Tensors
import WireProtocol

/// A whole cluster without threads, clocks or bytes: both state machines, and links that deliver
/// late, twice, or break.
struct Simulation {
    /// What a link carries; transfers are single items.
    enum Item {
        case control(ReceivedMessage)
        case want(TaskKey, lease: UInt64, session: UInt32)
        case blocks(TaskKey, session: UInt32)
        case result(TaskKey, transfer: UInt64, session: UInt32)
        case connected
        case disconnected
    }

    /// What a worker's machine does to results.
    enum Nature {
        /// Nothing.
        case sound
        /// Some of them have other bits, which no other machine comes to.
        case lying
        /// Some of them are not finite.
        case sick
    }

    struct Worker {
        var state: WorkerState
        var nature = Nature.sound
        var toCoordinator: [Item] = []
        var toWorker: [Item] = [.connected]
        var isConnected = true
        var computing: [TaskKey] = []
        var effects: [WorkerState.Effect] = []
    }

    var random: SplitMix
    var coordinator: CoordinatorState
    var epoch: UInt32 = 1
    var now = Duration.zero
    var workers: [PeerID: Worker] = [:]
    var nextWorker: UInt64 = 1
    var transfers: [UInt64: (TaskKey, PeerID)] = [:]
    /// The digests of results whose bytes the coordinator has.
    var held: [TaskKey: [PeerID: UInt32]] = [:]
    /// Workers that are not sound, also those that are gone.
    var unsound: Set<PeerID> = []
    /// Whether machines may be unsound.
    let hasUnsound: Bool
    var lies = 0
    var poisoned = 0
    var nextTransfer: UInt64 = 1
    /// The number of the next round.
    var round: UInt64 = 0
    /// Rounds that are open at the same time.
    let width: Int
    /// The tasks of the open rounds.
    var tasks: [UInt64: [TaskDescription]] = [:]
    var delivered: Set<TaskKey> = []
    var undelivered: [TaskKey] = []
    var finishedRounds = 0
    /// Changes when a restart brings another computation at the same places of the run.
    var computation: UInt32 = 0
    var problems: [String] = []

    init(seed: UInt64, hasUnsound: Bool = false, width: Int = 1) {
        random = SplitMix(state: seed)
        self.hasUnsound = hasUnsound
        self.width = width
        coordinator = CoordinatorState(settings: Self.settings(epoch: 1, audits: hasUnsound))
        openRounds()
    }

    static func settings(epoch: UInt32, audits: Bool = false) -> CoordinatorSettings {
        var settings = CoordinatorSettings(runID: "run", configuration: "c", epoch: epoch)
        settings.auditShare = audits ? 0.5 : 0.01
        settings.timers.late = .seconds(1)
        return settings
    }

    /// Tasks whose data give no sound result anywhere.
    private func isPoison(_ key: TaskKey) -> Bool {
        hasUnsound && key.round % 7 == 3 && key.index == 1
    }

    /// The digest of a task's result on a sound machine.
    private func digest(of key: TaskKey, computation: UInt32) -> UInt32 {
        UInt32(key.index) + computation << 16
    }

    static func task(_ key: TaskKey, computation: UInt32 = 0) -> TaskDescription {
        TaskDescription(
            key: key, kind: .weightGradient, model: .supernet,
            network: .fixed(Architecture(choices: [1])),
            batch: .init(volumes: "search", scans: [0], epoch: computation, augmented: false),
            objective: .init())
    }

    static func inputs(_ tasks: [TaskDescription]) -> [TaskDigest] {
        tasks.map { TaskDigest(of: $0, alpha: [], reading: []) }
    }

    mutating func chance(_ perMille: UInt64) -> Bool { random.next() % 1000 < perMille }

    // MARK: Steps

    mutating func step() {
        switch random.next() % 1000 {
        case 0..<640: deliverSomething()
        case 640..<760: computeSomething()
        case 760..<860:
            now += .milliseconds(Int(random.next() % 400))
            feed(.tick(now: now))
            for peer in workers.keys.sorted(by: { $0.description < $1.description }) {
                feed(peer, .tick(now: now, progress: random.next() % 8, residentBytes: 1))
            }
        case 860..<960:
            if let key = undelivered.popLast() { feed(.delivered(key)) }
        case 960..<975: if workers.count < 5 { join() }
        case 975..<978: if workers.count > 1 { kill() }
        case 978..<984: cut()
        case 984..<985: if chance(200) { restart() }
        case 985..<988:
            if let peer = somePeer() { feed(peer, .drain(reason: "test")) }
        default: duplicateSomething()
        }
        problems += coordinator.contradictions
    }

    private mutating func somePeer() -> PeerID? {
        let peers = workers.keys.sorted { $0.description < $1.description }
        return peers.isEmpty ? nil : peers[Int(random.next() % UInt64(peers.count))]
    }

    private mutating func join() {
        let nonce = nextWorker
        nextWorker += 1
        var settings = WorkerSettings(
            name: "w\(nonce)", bootNonce: nonce, cores: 1, slots: Int(random.next() % 2) + 1,
            prefetch: 1, numericsFingerprint: "")
        settings.timers.backOff = .milliseconds(10)...(.milliseconds(100))
        var worker = Worker(state: WorkerState(settings: settings))
        if hasUnsound, chance(250) {
            worker.nature = chance(500) ? .lying : .sick
            unsound.insert(PeerID(bootNonce: nonce))
        }
        workers[PeerID(bootNonce: nonce)] = worker
    }

    private mutating func kill() {
        guard let peer = somePeer() else { return }
        workers[peer] = nil
        if chance(700) { feed(.disconnected(peer)) }  // Else its machine lost power.
    }

    private mutating func cut() {
        guard let peer = somePeer() else { return }
        feed(.disconnected(peer))
        workers[peer]?.toCoordinator = []
        workers[peer]?.toWorker = [.disconnected, .connected]
    }

    private mutating func restart() {
        epoch += 1
        coordinator = CoordinatorState(settings: Self.settings(epoch: epoch, audits: hasUnsound))
        transfers = [:]
        held = [:]
        for peer in workers.keys {
            workers[peer]?.toCoordinator = []
            workers[peer]?.toWorker = [.disconnected, .connected]
        }
        feed(.tick(now: now))
        // The rounds start again from their beginning, as after loading a checkpoint; now and then
        // they are other ones.
        if chance(300) {
            computation += 1
            for (number, list) in tasks {
                tasks[number] = list.map { Self.task($0.key, computation: computation) }
            }
        }
        delivered = []
        undelivered = []
        for (number, list) in tasks.sorted(by: { $0.key < $1.key }) {
            feed(Self.opened(number, list))
        }
    }

    private static func opened(
        _ number: UInt64, _ tasks: [TaskDescription]
    ) -> CoordinatorState.Event {
        .opened(number: number, tasks: tasks, inputs: inputs(tasks), alpha: [])
    }

    private mutating func openRounds() {
        while tasks.count < width {
            let number = round
            round += 1
            let list = (0..<Int(random.next() % 12 + 1)).map {
                Self.task(TaskKey(round: number, index: $0), computation: computation)
            }
            tasks[number] = list
            feed(Self.opened(number, list))
        }
    }

    private mutating func duplicateSomething() {
        guard let peer = somePeer() else { return }
        if let first = workers[peer]?.toCoordinator.first {
            workers[peer]?.toCoordinator.insert(first, at: 0)
        }
        if case .control? = workers[peer]?.toWorker.first, let first = workers[peer]?.toWorker.first
        {
            workers[peer]?.toWorker.insert(first, at: 0)
        }
    }

    private mutating func computeSomething() {
        guard let peer = somePeer(), let keys = workers[peer]?.computing, !keys.isEmpty else {
            return
        }
        let key = keys[Int(random.next() % UInt64(keys.count))]
        workers[peer]?.computing.removeAll { $0 == key }
        if chance(2) { return feed(peer, .failed(key, "no data")) }
        guard let job = workers[peer]?.state.jobs[key] else { return }
        let offer = GradOffer(
            key: key, lease: 0, inputs: job.inputs, architecture: Architecture(choices: [1]),
            sampleCount: 1, loss: 0,
            logits: [], slotProducts: [],
            blocks: [.init(id: OperatorID("a"), kind: .parameters, count: 100)],
            digest: digest(of: key, computation: job.task.batch.epoch) + lie(of: peer))
        feed(peer, .computed(offer))
    }

    private mutating func lie(of peer: PeerID) -> UInt32 {
        guard workers[peer]?.nature == .lying, chance(300) else { return 0 }
        lies += 1
        let nonce = workers[peer]?.state.settings.bootNonce ?? 0
        return 1000 + UInt32(truncatingIfNeeded: nonce) % 30_000
    }

    private mutating func deliverSomething() {
        guard let peer = somePeer() else { return }
        if chance(500), workers[peer]?.toCoordinator.isEmpty == false,
            let item = workers[peer]?.toCoordinator.removeFirst()
        {
            arrive(item, from: peer)
        } else if workers[peer]?.toWorker.isEmpty == false,
            let item = workers[peer]?.toWorker.removeFirst()
        {
            arrive(item, at: peer)
        }
    }

    private mutating func arrive(_ item: Item, from peer: PeerID) {
        switch item {
        case .control(let received): feed(.received(received, from: peer))
        case .want(let key, let lease, let session):
            guard session == epoch, coordinator.membership[peer] != nil else { return }
            feed(.wanted(key, lease: lease, from: peer))
            guard coordinator.rounds[key.round] != nil else { return }
            workers[peer]?.toWorker.append(.blocks(key, session: epoch))
        case .result(let key, let transfer, let session):
            guard session == epoch, let current = transfers[transfer], current == (key, peer) else {
                return
            }
            transfers[transfer] = nil
            let offered = coordinator.offeredDigest(of: key, from: peer)
            held[key, default: [:]][peer] = offered
            let isSick = workers[peer]?.nature == .sick && chance(300)
            feed(.uploaded(key, from: peer, isPoison(key) || isSick ? .faulty("nan") : .valid))
        case .blocks, .connected, .disconnected: break
        }
    }

    private mutating func arrive(_ item: Item, at peer: PeerID) {
        switch item {
        case .control(let received): feed(peer, .received(received))
        case .blocks(let key, let session):
            guard session == workers[peer]?.state.epoch else { return }
            feed(peer, .pulled(key))
        case .connected:
            feed(peer, .connected)
        case .disconnected: feed(peer, .disconnected)
        case .want, .result: break
        }
    }

    // MARK: Effects

    private mutating func feed(_ event: CoordinatorState.Event) {
        let waived = coordinator.counts.auditsWaived
        var effects = coordinator.handle(event)[...]
        while let effect = effects.popFirst() {
            switch effect {
            case .send(let message, let peer):
                let received = ReceivedMessage(epoch: epoch, message: message)
                workers[peer]?.toWorker.append(.control(received))
            case .receive(let offer, let peer):
                if offer.inputs != Self.inputs(tasks[offer.key.round] ?? [])[offer.key.index] {
                    problems.append("\(offer.key) taken from another computation")
                }
                transfers = transfers.filter { $0.value != (offer.key, peer) }
                let id = nextTransfer
                nextTransfer += 1
                transfers[id] = (offer.key, peer)
                let want = GradWant(key: offer.key, transfer: id, offset: 0, creditBytes: 400)
                workers[peer]?.toWorker.append(
                    .control(ReceivedMessage(epoch: epoch, message: .gradWant(want))))
            case .stopReceiving(let key, let peer):
                transfers = transfers.filter { $0.value != (key, peer) }
                held[key]?[peer] = nil
            case .deliver(let key, let peer):
                check(key, from: peer, waivedBefore: waived)
                if !delivered.insert(key).inserted { problems.append("\(key) delivered twice") }
                if tasks[key.round] == nil { problems.append("\(key) is of no open round") }
                undelivered.append(key)
            case .finished(let number):
                let results = delivered.filter { $0.round == number }
                if results.count != tasks.removeValue(forKey: number)?.count {
                    problems.append("round \(number) finished with \(results.count) results")
                }
                finishedRounds += 1
                delivered.subtract(results)
                undelivered.removeAll { $0.round == number }
                openRounds()
            case .failed(let error):
                // The search would stop; here it tries the round again.
                let number = error.key.round
                effects += coordinator.handle(.closed(round: number))
                delivered = delivered.filter { $0.round != number }
                undelivered.removeAll { $0.round == number }
                effects += coordinator.handle(Self.opened(number, tasks[number] ?? []))
            case .forget(let peer): transfers = transfers.filter { $0.value.1 != peer }
            case .note(.mismatch(let key, let peer)):
                if lies == 0 { problems.append("\(key): a mismatch with \(peer), but nobody lied") }
            case .note(.quarantined(let peer, let text)):
                if !unsound.contains(peer) { problems.append("\(peer) is sound: \(text)") }
            case .note(.poisoned): poisoned += 1
            case .note: break
            }
        }
    }

    /// What is handed over is here, and where it was audited by two machines it is right.
    private mutating func check(_ key: TaskKey, from peer: PeerID, waivedBefore: Int) {
        guard let digest = held.removeValue(forKey: key)?[peer] else {
            return problems.append("\(key) delivered from \(peer), whose bytes are not here")
        }
        let isRight = digest == self.digest(of: key, computation: computation)
        if coordinator.audits(key), coordinator.counts.auditsWaived == waivedBefore, !isRight,
            !isPoison(key)
        {
            problems.append("\(key) was audited and has wrong bits")
        }
    }

    private mutating func feed(_ peer: PeerID, _ event: WorkerState.Event) {
        guard var worker = workers[peer] else { return }
        var effects = worker.state.handle(event)[...]
        while let effect = effects.popFirst() {
            switch effect {
            case .send(let message):
                worker.toCoordinator.append(
                    .control(ReceivedMessage(epoch: worker.state.epoch, message: message)))
            case .sendData(.paramsWant(let want)):
                worker.toCoordinator.append(
                    .want(want.key, lease: want.lease, session: worker.state.epoch))
            case .sendData, .openData, .clearCache: break
            case .reconnect:
                worker.toCoordinator = []
                worker.toWorker = [.connected]
            case .makeComputing(let run, _): effects += worker.state.handle(.ready(runID: run))
            case .prepare(let key): effects += worker.state.handle(.prepared(key, wants: []))
            case .compute(let key): worker.computing.append(key)
            case .push(let want):
                worker.toCoordinator.append(
                    .result(want.key, transfer: want.transfer, session: worker.state.epoch))
            case .forget(let key): worker.computing.removeAll { $0 == key }
            case .stop, .giveUp:
                workers[peer] = nil
                for item in worker.toCoordinator { arrive(item, from: peer) }
                return feed(.disconnected(peer))
            }
        }
        let running = worker.state.jobs.values.count { $0.stage == .computing }
        if running > worker.state.settings.slots { problems.append("\(peer) computes \(running)") }
        workers[peer] = worker
    }
}

/// A small source of random numbers for tests.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
