internal import Coordination
internal import FailPoints
internal import Foundation
internal import ProcessMeters
internal import SearchSpaces
internal import Synchronization
internal import Tasks
internal import Tensors
internal import Transport
internal import WireProtocol

/// What the worker's thread has and does.
final class WorkerDesk {
    /// The bytes of a task.
    private struct Load {
        let requirements: TaskRequirements
        let wants: [ParamsWant.Block]
        /// Blocks at hand when they were asked about, in the order of `wants`.
        var blocks: [[Float]?]
        var versions: [UInt64?]
        var wantedAt = ContinuousClock.now
        var pullSeconds = 0.0
        var incoming: Incoming?
        var computed: ComputedTask?
        var outgoing: OutgoingTransfer?
    }

    /// Blocks that are being fetched.
    private struct Incoming {
        var transfer: IncomingTransfer
        var blocks: IncomingBlocks
        /// Where each belongs among the wanted ones, and how many values it has.
        let places: [(index: Int, count: Int)]
    }

    private let channel: any ClientChannel
    private let makeComputing: WorkerLoop.MakeComputing
    private let inbox: Inbox<WorkerInput>
    private let threads: ComputeThreads
    private let start = ContinuousClock.now

    private var state: WorkerState
    private var computing: (any TaskComputing)?
    private var loads: [TaskKey: Load] = [:]
    /// Tasks to prepare once nothing is being fetched.
    private var unprepared: [TaskKey] = []
    private var pulls: [UInt64: TaskKey] = [:]
    private var pushes: [UInt64: TaskKey] = [:]
    private var cache: ParameterCache
    private var movedBytes = 0
    private var finishedTasks = 0
    private var effects: ArraySlice<WorkerState.Effect> = []
    private var isPerforming = false
    private var residentAt: Duration?
    private var residentBytes = 0
    private var outcome: Result<WorkerOutcome, any Error>?

    private static let tick = Duration.milliseconds(250)

    init(
        settings: WorkerSettings, channel: any ClientChannel, cacheBytes: Int,
        makeComputing: @escaping WorkerLoop.MakeComputing, inbox: Inbox<WorkerInput>
    ) {
        state = WorkerState(settings: settings)
        self.channel = channel
        self.makeComputing = makeComputing
        self.inbox = inbox
        cache = ParameterCache(limit: cacheBytes)
        threads = ComputeThreads(count: max(1, settings.slots))
    }

    /// The life of the thread.
    func run() -> Result<WorkerOutcome, any Error> {
        var tickedAt: Duration?
        while true {
            let inputs = inbox.take(within: Self.tick)
            let now = ContinuousClock.now - start
            if tickedAt.map({ now - $0 >= Self.tick / 4 }) ?? true {
                tickedAt = now
                measureMemory(now)
                handle(.tick(now: now, progress: progress, residentBytes: residentBytes))
            }
            for input in inputs where outcome == nil { take(input) }
            guard let outcome else { continue }
            threads.close()
            channel.close()
            return outcome
        }
    }

    private func take(_ input: WorkerInput) {
        switch input {
        case .network(.connected(.control)):
            FailPoint.workerConnected.pass()
            handle(.connected)
        case .network(.connected(.data)): handle(.dataConnected)
        case .network(.disconnected(.control)): handle(.disconnected)
        case .network(.connected), .network(.disconnected), .network(.malformed): break
        case .network(.keyRefused(let text)): outcome = .failure(WorkerError.keyRefused(text))
        case .network(.failed(let text)): outcome = .failure(WorkerError.network(text))
        case .network(.received(let received, let lane)):
            if lane == .data {
                takeData(received)
            } else {
                passFailPoint(of: received.message)
                handle(.received(received))
            }
        case .prepared(let runID, .success(let computing)):
            guard state.welcome?.runID == runID else { return }
            self.computing = computing
            FailPoint.runPrepared.pass()
            handle(.ready(runID: runID))
        case .prepared(let runID, .failure(let error)):
            handle(.unprepared(runID: runID, reason: "\(error)"))
        case .computed(let key, .success(let computed)):
            finishedTasks += 1
            FailPoint.beforeOffering.pass()
            loads[key]?.computed = computed
            loads[key]?.blocks = []
            handle(.computed(computed.offer))
        case .computed(let key, .failure(let error)):
            // The second attempt fetches everything anew.
            if case .otherInputs? = error as? WorkerError { cache.clear() }
            handle(.failed(key, "\(error)"))
        case .drain(let reason): handle(.drain(reason: reason))
        case .stop: outcome = .failure(WorkerError.stopped)
        }
    }

    // MARK: Decisions

    private func handle(_ event: WorkerState.Event) {
        effects.append(contentsOf: state.handle(event))
        guard !isPerforming else { return }  // The outer call gets to them, in order.
        isPerforming = true
        defer { isPerforming = false }
        repeat {
            while let effect = effects.popFirst() { perform(effect) }
        } while prepareNext()
    }

    /// Prepares a task when none is fetching parameters: tasks of a round often read the same ones,
    /// and what one has fetched, the next finds in the cache and shares.
    private func prepareNext() -> Bool {
        guard !unprepared.isEmpty, !state.jobs.values.contains(where: { $0.stage == .pulling })
        else { return false }
        let key = unprepared.removeFirst()
        if state.jobs[key]?.stage == .preparing { prepare(key) }
        return true
    }

    private func perform(_ effect: WorkerState.Effect) {
        switch effect {
        case .send(let message): send(message, lane: .control)
        case .sendData(let message):
            if case .paramsWant(let want) = message { loads[want.key]?.wantedAt = .now }
            send(message, lane: .data)
        case .reconnect(let pause): channel.reconnect(after: pause)
        case .openData(let port): channel.openData(port: port)
        case .clearCache: cache.clear()
        case .makeComputing(let runID, let configuration):
            computing = nil
            threads.add { [makeComputing, inbox] in
                let result = Result { try makeComputing(configuration) }
                inbox.push(.prepared(runID: runID, result))
            }
        case .prepare(let key): unprepared.append(key)
        case .compute(let key): compute(key)
        case .push(let want): push(want)
        case .forget(let key):
            forgetTransfers(of: key)
            loads[key] = nil
        case .stop(let outcome): self.outcome = .success(outcome)
        case .giveUp(let reason): outcome = .failure(WorkerError.notPrepared(reason))
        }
    }

    private func send(_ message: Message, lane: Lane) {
        do {
            try channel.send(message, epoch: state.epoch, lane: lane)
            switch message {
            case .hello: FailPoint.helloSent.pass()
            case .paramsWant: FailPoint.parametersWanted.pass()
            case .gradOffer: FailPoint.offerSent.pass()
            case .chunk: FailPoint.pushSent.pass()
            case .heartbeat: FailPoint.heartbeatSent.pass()
            default: break
            }
        } catch {
            // Only a result can exceed the limits.
            guard case .gradOffer(let offer) = message else { return }
            handle(.failed(offer.key, "\(error)"))
        }
    }

    private func passFailPoint(of message: Message) {
        switch message {
        case .welcome: FailPoint.welcomed.pass()
        case .lease: FailPoint.leaseReceived.pass()
        case .gradWant: FailPoint.pushAsked.pass()
        case .gradAck: FailPoint.acknowledged.pass()
        default: break
        }
    }

    // MARK: Tasks

    private func prepare(_ key: TaskKey) {
        guard let job = state.jobs[key], let computing else { return }
        do {
            let needs = try computing.requirements(of: job.task, alpha: job.alpha)
            var wants = needs.operators.map { ($0, BlockKind.parameters) }
            wants += needs.statistics.map { ($0, .statistics) }
            let entries = wants.map { cache.entry(address($0.0, $0.1, of: job.task)) }
            let blocks = zip(wants, entries).map { want, entry in
                ParamsWant.Block(id: want.0, kind: want.1, have: entry?.version)
            }
            loads[key] = Load(
                requirements: needs, wants: blocks, blocks: entries.map { $0?.block },
                versions: entries.map { $0?.version })
            handle(.prepared(key, wants: blocks))
        } catch {
            handle(.failed(key, "\(error)"))
        }
    }

    private func address(
        _ id: OperatorID, _ kind: BlockKind, of task: TaskDescription
    ) -> ParameterCache.Address {
        ParameterCache.Address(model: task.model, kind: kind, id: id)
    }

    private func compute(_ key: TaskKey) {
        guard let job = state.jobs[key], let load = loads[key], let computing else { return }
        var parameters = ParameterSet()
        var statistics = ParameterSet()
        for (want, block) in zip(load.wants, load.blocks) {
            switch want.kind {
            case .parameters: parameters[want.id] = block
            case .statistics: statistics[want.id] = block
            case .logits: break  // Nothing reads logits.
            }
        }
        let task = job.task
        let (leased, alpha) = (job.inputs, job.alpha)
        let read = zip(load.wants, load.blocks)
        let architecture = load.requirements.architecture
        let pullSeconds = load.pullSeconds
        threads.add { [inbox, parameters, statistics] in
            let start = ContinuousClock.now
            let result = Result {
                let inputs = TaskDigest(
                    of: task, alpha: alpha,
                    reading: read.map { want, block in
                        TaskDigest.Block(id: want.id, kind: want.kind, values: block ?? [])
                    })
                guard inputs == leased else {
                    throw WorkerError.otherInputs(task.key, found: inputs, leased: leased)
                }
                FailPoint.beforeComputing.pass()
                let result = try computing.compute(
                    task, architecture: architecture, parameters: parameters,
                    statistics: statistics)
                FailPoint.afterComputing.pass()
                return ComputedTask(
                    result, of: task, from: inputs, pullSeconds: pullSeconds,
                    computeSeconds: (ContinuousClock.now - start).inSeconds)
            }
            inbox.push(.computed(key, result))
        }
    }

    // MARK: Data

    private func takeData(_ received: ReceivedMessage) {
        guard received.epoch == state.epoch, state.isWelcome else { return }
        switch received.message {
        case .paramsPlan(let plan): begin(plan)
        case .chunk(let chunk): take(chunk)
        case .chunkGet(let get):
            handle(.heard)
            guard let key = pushes[get.transfer] else { return }
            handle(.moved(key))
            sendChunks(of: key, offset: get.offset, length: get.length)
        default: handle(.received(received))
        }
    }

    private func begin(_ plan: ParamsPlan) {
        handle(.heard)
        guard let load = loads[plan.key], state.jobs[plan.key]?.stage == .pulling,
            plan.blocks.count == load.wants.count, let task = state.jobs[plan.key]?.task
        else { return }
        var counts: [Int] = []
        var places: [(index: Int, count: Int)] = []
        for (index, block) in plan.blocks.enumerated() {
            if block.isSent {
                counts.append(task.format(of: load.wants[index].kind).wordCount(block.count))
                places.append((index, block.count))
                loads[plan.key]?.versions[index] = block.version
            } else if load.blocks[index] == nil {
                let id = load.wants[index].id
                return handle(.failed(plan.key, "the coordinator has no block of \(id)"))
            }
        }
        let blocks = IncomingBlocks(counts: counts)
        let transfer = IncomingTransfer(
            id: plan.transfer, total: blocks.byteCount, window: state.welcome?.windowBytes ?? 0)
        if let former = load.incoming?.transfer.id { pulls[former] = nil }
        pulls[plan.transfer] = plan.key
        loads[plan.key]?.incoming = Incoming(transfer: transfer, blocks: blocks, places: places)
        handle(.moved(plan.key))
        finishIfComplete(plan.key)
    }

    private func take(_ chunk: Chunk) {
        guard let key = pulls[chunk.transfer],
            loads[key]?.incoming?.transfer.accept(
                offset: chunk.offset, count: chunk.payload.count) == true
        else { return }
        movedBytes += chunk.payload.count
        _ = loads[key]?.incoming?.blocks.write(chunk.payload, at: chunk.offset)
        FailPoint.parametersBegun.pass()
        if let get = loads[key]?.incoming?.transfer.renewal() {
            handle(.heard)
            handle(.moved(key))
            send(.chunkGet(get), lane: .data)
        }
        finishIfComplete(key)
    }

    private func finishIfComplete(_ key: TaskKey) {
        guard let job = state.jobs[key], let incoming = loads[key]?.incoming,
            incoming.transfer.isComplete
        else { return }
        loads[key]?.incoming = nil
        pulls[incoming.transfer.id] = nil
        for ((place, count), words) in zip(incoming.places, incoming.blocks.blocks) {
            guard let want = loads[key]?.wants[place] else { continue }
            let block = job.task.format(of: want.kind).unpacked(words, count: count)
            loads[key]?.blocks[place] = block
            if let version = loads[key]?.versions[place] {
                cache.insert(block, version: version, at: address(want.id, want.kind, of: job.task))
            }
        }
        let wantedAt = loads[key]?.wantedAt ?? .now
        loads[key]?.pullSeconds = (ContinuousClock.now - wantedAt).inSeconds
        FailPoint.parametersComplete.pass()
        handle(.heard)
        handle(.pulled(key))
    }

    private func push(_ want: GradWant) {
        guard let computed = loads[want.key]?.computed else { return }
        if let former = loads[want.key]?.outgoing?.id { pushes[former] = nil }
        pushes[want.transfer] = want.key
        loads[want.key]?.outgoing = OutgoingTransfer(
            id: want.transfer, total: computed.blocks.byteCount,
            chunk: state.welcome?.chunkBytes ?? WireLimits.chunkBytes)
        sendChunks(of: want.key, offset: want.offset, length: want.creditBytes)
    }

    private func sendChunks(of key: TaskKey, offset: Int, length: Int) {
        guard let computed = loads[key]?.computed, let outgoing = loads[key]?.outgoing else {
            return
        }
        for range in outgoing.chunks(offset: offset, length: length) {
            movedBytes += range.count
            let chunk = Chunk(
                transfer: outgoing.id, offset: range.lowerBound,
                payload: computed.blocks.payload(range))
            send(.chunk(chunk), lane: .data)
        }
    }

    private func forgetTransfers(of key: TaskKey) {
        if let id = loads[key]?.incoming?.transfer.id { pulls[id] = nil }
        if let id = loads[key]?.outgoing?.id { pushes[id] = nil }
    }

    // MARK: Progress

    /// Moves with bytes, with tasks, and with every tenth of a second of computing; stands still in
    /// a process that is stopped or wedged.
    private var progress: UInt64 {
        UInt64(finishedTasks + movedBytes >> 16 + Int(threads.processorTime / .milliseconds(100)))
    }

    private func measureMemory(_ now: Duration) {
        guard residentAt.map({ now - $0 >= .seconds(1) }) ?? true else { return }
        residentAt = now
        residentBytes = ProcessMemory.residentBytes ?? residentBytes
    }
}

extension TaskDescription {
    /// What blocks of a kind travel as.
    fileprivate func format(of kind: BlockKind) -> ExchangeFormat {
        kind == .parameters ? exchange : .float32
    }
}
