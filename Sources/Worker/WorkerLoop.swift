package import Coordination
internal import Foundation
package import Tasks
package import Transport

/// Takes leases from a coordinator, computes tasks and offers results, until it is told to stop.
///
/// One thread makes the decisions (``WorkerState``) and moves bytes, another one owns the sockets,
/// and one per slot computes. Nothing that a worker holds is needed back: it may die at any
/// instruction.
package final class WorkerLoop: Sendable {
    /// Makes what computes a run's tasks, from the run configuration's text; may take long.
    package typealias MakeComputing =
        @Sendable (_ configuration: String) throws -> any TaskComputing

    private let settings: WorkerSettings
    private let channel: any ClientChannel
    private let makeComputing: MakeComputing
    private let cacheBytes: Int
    private let inbox = Inbox<WorkerInput>()

    /// A worker that has not started.
    ///
    /// - Parameters:
    ///   - settings: The worker; `bootNonce` must be the one that the channel's peer is made of.
    ///   - channel: The connections to the coordinator, such as a `ZeroMQClient`.
    ///   - cacheBytes: Parameters to keep for operators that have not changed.
    ///   - makeComputing: Called on a compute thread, again for another run.
    package init(
        settings: WorkerSettings, channel: any ClientChannel, cacheBytes: Int = 512 << 20,
        makeComputing: @escaping MakeComputing
    ) {
        self.settings = settings
        self.channel = channel
        self.cacheBytes = cacheBytes
        self.makeComputing = makeComputing
    }

    /// Works until the worker is drained, dismissed, refused or cancelled.
    ///
    /// - Throws: ``WorkerError``.
    package func run() async throws -> WorkerOutcome {
        let inbox = inbox
        return try await withTaskCancellationHandler {
            try channel.start { inbox.push(.network($0)) }
            return try await withCheckedThrowingContinuation { continuation in
                let thread = Thread { [settings, channel, makeComputing, cacheBytes] in
                    let desk = WorkerDesk(
                        settings: settings, channel: channel, cacheBytes: cacheBytes,
                        makeComputing: makeComputing, inbox: inbox)
                    continuation.resume(with: desk.run())
                }
                thread.name = "voxelnas-worker"
                thread.stackSize = 8 << 20
                thread.start()
            }
        } onCancel: {
            inbox.push(.stop)
        }
    }

    /// Finishes what is being computed, returns the rest, and ends; for SIGTERM.
    package func drain(reason: String = "asked to stop") { inbox.push(.drain(reason)) }

    /// Ends at once, without a word.
    package func stop() { inbox.push(.stop) }
}

/// What the worker's thread is told.
enum WorkerInput: Sendable {
    case network(ClientEvent)
    case prepared(runID: String, Result<any TaskComputing, any Error>)
    case computed(TaskKey, Result<ComputedTask, any Error>)
    case drain(String)
    case stop
}
