import ArgumentParser
import Coordination
import Dispatch
import FailPoints
import Foundation
import Glibc
import Pipeline
import Training
import Transport
import WireProtocol
import Worker

/// `voxelnas worker`.
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Computes tasks for a coordinator until it is sent home.")

    @OptionGroup var connection: WorkerConnection
    @Option(help: "Threads per task; as many as processors and slots allow by default.")
    var threads: Int?
    @Option(
        help: """
            Tasks at the same time; one where --threads is given, else up to four, a processor each \
            at least.
            """)
    var slots: Int?
    @Option(help: "A name for people; the key's by default, or else the host's.") var name: String?
    @Option(help: "Seconds that what is begun may take after SIGTERM.") var grace = 25
    @Flag(help: .hidden) var withParent = false

    func validate() throws {
        guard [threads, slots].allSatisfy({ (1...1024).contains($0 ?? 1) }) else {
            throw ValidationError("--threads and --slots take 1 to 1024")
        }
        guard (0...86_400).contains(grace) else {
            throw ValidationError("--grace takes 0 to 86400")
        }
    }

    func run() async throws {
        try await explainingFailures {
            let address = try connection.address()
            let key = try connection.keyFile()
            let shape = WorkerShape(
                processors: ProcessInfo.processInfo.activeProcessorCount, slots: slots,
                threads: threads)
            let nonce = UInt64.random(in: .min ... .max)
            var settings = WorkerSettings(
                name: try connection.name(name, key: key), bootNonce: nonce,
                cores: shape.threads * shape.slots, slots: shape.slots, prefetch: 1,
                numericsFingerprint: try NumericsFingerprint.measured())
            settings.timers.drain = .seconds(grace)
            let client = try ZeroMQClient(
                connectingTo: address, as: PeerID(bootNonce: nonce), key: key)
            let loop = WorkerLoop(settings: settings, channel: client) {
                [connection] briefing in
                try WorkerBriefing(reading: briefing).taskRunner(
                    threads: shape.threads, shardsAt: connection.shards
                ) { fingerprint in
                    // The welcome that brought the briefing has told the port.
                    try connection.volumes(
                        fingerprint, from: address, dataPort: client.dataPort ?? address.port + 1,
                        key: key)
                }
            }
            FailPoint.workerStarted.pass()
            let stop = StopFlag()
            let interruption = Interruption(stop) { loop.drain() }
            let watch = withParent ? ParentWatch() : nil
            defer { withExtendedLifetime((interruption, watch)) {} }
            switch try await loop.run() {
            case .drained:
                FileHandle.standardError.write(Data("finished what was begun; left\n".utf8))
            case .dismissed(let reason):
                FileHandle.standardError.write(Data("sent home: \(reason)\n".utf8))
            case .refused(let reject):
                FileHandle.standardError.write(
                    Data("voxelnas: \(address) refused this worker: \(reject)\n".utf8))
                let isAboutKeys = reject.code == .identity || reject.code == .evicted
                throw isAboutKeys ? ExitCode.notAllowed : ExitCode.unavailable
            }
        }
    }
}

/// Ends this process when its parent is gone, so that a killed coordinator leaves no workers.
private final class ParentWatch {
    private let timer = DispatchSource.makeTimerSource(queue: .global())

    init() {
        let parent = getppid()
        timer.schedule(deadline: .now(), repeating: .milliseconds(500))
        timer.setEventHandler { if getppid() != parent { exit(0) } }
        timer.resume()
    }
}
