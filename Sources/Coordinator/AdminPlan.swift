internal import Coordination
internal import WireProtocol

/// What a command of an operator comes to, worked out from how things stand.
struct AdminPlan {
    /// What the coordinator's state is told.
    private(set) var events: [CoordinatorState.Event] = []
    /// Who is put out, and the words that it is told.
    private(set) var barred: [(peer: PeerID, reason: String)] = []
    /// What the process is asked to do.
    private(set) var request: Administration.Request?
    /// What happens, or why nothing does.
    private(set) var text: String
    /// Whether the command makes sense now.
    private(set) var isPossible = true

    /// The plan of a command.
    init(_ command: AdminCommand, state: CoordinatorState) {
        let reason = command.reason.isEmpty ? "an operator asked" : command.reason
        switch command.action {
        case .pause:
            text = "no more tasks are given out; what is begun is finished"
            events = [.paused(reason: reason)]
        case .resume:
            text = state.pauseReason == nil ? "was not paused" : "tasks are given out again"
            events = [.paused(reason: nil)]
        case .checkpoint:
            text = "the state is saved after this step"
            request = .checkpoint
        case .stop:
            text = "the run stops after this step; go on with --resume"
            request = .stop
            // A paused step would never end.
            if state.pauseReason != nil { events = [.paused(reason: nil)] }
        case .drain, .evict:
            let all = command.target.isEmpty && command.action == .drain
            let peers =
                all ? state.membership.all.map(\.peer) : state.peers(named: command.target)
            let names = peers.map { state.membership[$0]?.hello.workerName ?? "\($0)" }
            guard !peers.isEmpty else {
                let known = state.membership.all.map(\.hello.workerName)
                isPossible = false
                text =
                    "no worker is called '\(command.target)'; "
                    + (known.isEmpty
                        ? "there is none" : "there are \(known.prefix(20).joined(separator: ", "))")
                return
            }
            if command.action == .drain {
                let limit = Duration.milliseconds(command.limitMilliseconds)
                text = "asked to finish and leave: \(names.joined(separator: ", "))"
                events = peers.map { .sentHome($0, reason: reason, within: limit) }
            } else {
                text = "put out: \(names.joined(separator: ", "))"
                barred = peers.map { ($0, "put out: \(reason)") }
                events = peers.map { .dismissed($0, reason: "put out: \(reason)") }
            }
        }
    }
}
