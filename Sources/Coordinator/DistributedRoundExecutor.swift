package import Coordination
internal import Foundation
internal import Synchronization
package import Tasks
package import Transport
internal import WireProtocol

/// Has the tasks of a round computed by workers on other machines.
///
/// One thread makes the decisions (``CoordinatorState``), serves parameters and puts results
/// together; another one, the channel's, owns the sockets. Whatever workers do, each task's result is
/// delivered exactly once.
package final class DistributedRoundExecutor: RoundExecutor {
    /// Says what a task must read and which network it must run.
    package typealias Requirements =
        @Sendable (_ task: TaskDescription, _ alpha: [Float]) throws -> TaskRequirements

    private let settings: CoordinatorSettings
    private let channel: any ServerChannel
    private let requirements: Requirements
    private let administration: Administration
    private let note: @Sendable (CoordinatorNote) -> Void
    private let inbox = Inbox<CoordinatorInput>()

    /// A coordinator that does not listen yet.
    ///
    /// - Parameters:
    ///   - settings: The run; `dataPort` is filled in by ``start()``.
    ///   - channel: The connections to workers, such as a `ZeroMQServer`.
    ///   - requirements: The coordinator's own expectation, against which results are checked; the
    ///     same function as the workers' `TaskComputing.requirements`.
    ///   - administration: What admins may ask of the process, and the files that workers may.
    ///   - note: Called with what belongs in the event log, from the coordinator's thread.
    package init(
        settings: CoordinatorSettings, channel: any ServerChannel,
        requirements: @escaping Requirements,
        administration: Administration = Administration(),
        note: @escaping @Sendable (CoordinatorNote) -> Void = { _ in }
    ) {
        self.settings = settings
        self.channel = channel
        self.requirements = requirements
        self.administration = administration
        self.note = note
    }

    /// Starts to listen and to admit workers.
    ///
    /// - Returns: The ports, also where the system chose them.
    /// - Throws: An error when an address is taken, or ``CoordinatorError/unsendable(_:_:)`` when the
    ///   run configuration is larger than a message.
    package func start() throws -> ServerPorts {
        do {
            try MessageCodec.check(.welcome(settings.welcome(session: .max)))
        } catch {
            throw CoordinatorError.unsendable("the run configuration", error)
        }
        let inbox = inbox
        let ports = try channel.start(
            deliver: {
                inbox.push(.network($0), weight: $0.payloadBytes, isUrgent: $0.isHeartbeat)
            },
            // Credits bound the bytes of honest workers; this bounds what waits of any.
            hasRoom: { inbox.count < 4096 && inbox.weight < 32 << 20 })
        var settings = settings
        settings.dataPort = ports.data
        let thread = Thread { [settings, channel, administration, note] in
            CoordinatorDesk(
                settings: settings, ports: ports, channel: channel,
                administration: administration, note: note
            ).run(inbox)
        }
        thread.name = "voxelnas-coordinator"
        thread.stackSize = 8 << 20
        thread.start()
        return ports
    }

    package func execute(
        _ round: Round, deliver: @escaping @Sendable (TaskResult) async throws -> Void
    ) async throws {
        // Here, and not on the coordinator's thread, which answers heartbeats meanwhile.
        let expectation = try RoundExpectation(of: round, requirements: requirements)
        let (results, sink) = AsyncThrowingStream<TaskResult, any Error>.makeStream()
        inbox.push(.open(round, expectation, sink))
        try await withTaskCancellationHandler {
            do {
                for try await result in results {
                    try await deliver(result)
                    inbox.push(.delivered(result.key))
                }
            } catch {
                inbox.push(.close(round.number))
                throw error
            }
            try Task.checkCancellation()
        } onCancel: {
            inbox.push(.close(round.number))
        }
    }

    /// How things stand.
    ///
    /// - Throws: ``CoordinatorError/stopped`` after the end.
    package func status() async throws -> CoordinatorStatus {
        try await withCheckedThrowingContinuation { inbox.push(.status($0)) }
    }

    /// Asks workers to finish and leave, waits until they have or the time is over, and stops.
    package func drain(reason: String, within limit: Duration = .seconds(5)) async {
        await withCheckedContinuation { inbox.push(.drain(reason, limit, $0)) }
    }

    /// Stops at once, as the end of the process would; workers go on trying to reconnect.
    package func stop() {
        inbox.push(.stop)
    }
}

/// What the coordinator's thread is told.
enum CoordinatorInput: Sendable {
    case network(ServerEvent)
    case open(Round, RoundExpectation, AsyncThrowingStream<TaskResult, any Error>.Continuation)
    case delivered(TaskKey)
    case close(UInt64)
    case status(CheckedContinuation<CoordinatorStatus, any Error>)
    case drain(String, Duration, CheckedContinuation<Void, Never>)
    case stop
}
