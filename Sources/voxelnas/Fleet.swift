import Coordination
import Coordinator
import FailPoints
import Foundation
import Pipeline
import RunConfiguration
import Runs
import Tasks
import Training
import Transport

/// Who computes the rounds of a run: this process, or workers here and elsewhere.
struct Fleet: RoundExecutor {
    private enum Computing {
        case here(LocalRoundExecutor)
        case elsewhere(DistributedRoundExecutor, LocalWorkers)
    }

    private let computing: Computing
    private let directory: RunDirectory

    /// Computes in this process.
    init(here briefing: WorkerBriefing, directory: RunDirectory) throws {
        let threads = ProcessInfo.processInfo.activeProcessorCount
        computing = .here(LocalRoundExecutor(try briefing.taskRunner(threads: threads)))
        self.directory = directory
    }

    /// Listens for workers and starts some on this machine.
    ///
    /// - Parameters:
    ///   - briefing: What workers are told.
    ///   - part: The part of the run, such as `search`; workers keep the parts apart.
    ///   - workers: How many to start here.
    ///   - address: Where to listen, such as `127.0.0.1:7731`; port 0 lets the system choose.
    ///   - directory: The run, whose endpoint file tells others where to connect.
    ///   - auditShare: The share of tasks that two workers compute.
    /// - Throws: What is wrong with the data, the run directory or the network, in words.
    init(
        listening briefing: WorkerBriefing, part: String, workers: Int, address: ListeningAddress,
        directory: RunDirectory, auditShare: Double = 0.01
    ) throws {
        self.directory = directory
        let digest = briefing.configuration.digest
        let requirements = try TaskRunner(
            configuration: briefing.configuration, volumes: [:], threads: 1)
        var settings = CoordinatorSettings(
            runID: "\(digest.prefix(16))-\(part)", configuration: briefing.text,
            configurationHash: digest, epoch: try directory.nextIncarnation())
        FailPoint.incarnationNoted.pass()
        settings.auditShare = auditShare
        settings.numericsFingerprint = try NumericsFingerprint.measured()
        let executor = DistributedRoundExecutor(
            settings: settings,
            channel: try ZeroMQServer(
                host: address.host,
                ports: ServerPorts(control: address.port, data: address.dataPort)),
            requirements: { try requirements.requirements(of: $0, alpha: $1) },
            note: { note in
                guard note.isTrouble else { return }
                FileHandle.standardError.write(Data("warning: \(note)\n".utf8))
            })
        let ports = try executor.start()
        let endpoint = Endpoint(
            address: "\(address.reachableHost):\(ports.control)",
            process: ProcessInfo.processInfo.processIdentifier)
        try directory.write(JSONEncoder().encode(endpoint), to: directory.endpointPath)
        FailPoint.endpointWritten.pass()
        computing = .elsewhere(
            executor,
            try LocalWorkers(count: workers, connectingTo: endpoint.address, directory: directory))
    }

    /// Where others may connect, or `nil` when everything is computed here.
    var endpoint: String? {
        (try? Endpoint(of: directory))?.address
    }

    func execute(
        _ round: Round, deliver: @escaping @Sendable (TaskResult) async throws -> Void
    ) async throws {
        switch computing {
        case .here(let executor): try await executor.execute(round, deliver: deliver)
        case .elsewhere(let executor, let workers):
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    try await executor.execute(round, deliver: deliver)
                    return true
                }
                group.addTask {
                    try await Self.watch(workers, executor)
                    return false
                }
                while let isDone = try await group.next(), !isDone {}
                group.cancelAll()
            }
        }
    }

    /// Returns when cancelled; throws when no worker is left to wait for.
    private static func watch(
        _ workers: LocalWorkers, _ executor: DistributedRoundExecutor
    ) async throws {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(1))
            guard let obituary = workers.obituary, !Task.isCancelled else { continue }
            let others = try await executor.status().workers.contains { $0.silentSeconds < 15 }
            if !others { throw NoWorkersLeft(description: obituary) }
        }
    }

    /// Sends the workers home and waits for the local ones.
    func close(reason: String) async {
        guard case .elsewhere(let executor, let workers) = computing else { return }
        await executor.drain(reason: reason, within: .seconds(5))
        executor.stop()
        await workers.wait(atMost: .seconds(5))
        try? FileManager.default.removeItem(atPath: directory.endpointPath)
    }
}

/// Where a live coordinator listens, as its run directory tells.
struct Endpoint: Codable {
    /// `host:port` of the control lane.
    let address: String
    /// The coordinator's process.
    let process: Int32

    init(address: String, process: Int32) {
        self.address = address
        self.process = process
    }

    /// Reads the endpoint of a run.
    init(of directory: RunDirectory) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: directory.endpointPath))
        self = try JSONDecoder().decode(Endpoint.self, from: data)
    }
}
