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

    @Option(help: "The coordinator, such as tcp://192.168.1.5:7731.") var connect: String
    @Option(help: "Threads per task; as many as processors and slots allow by default.")
    var threads: Int?
    @Option(
        help: """
            Tasks at the same time; one where --threads is given, else up to four, a processor each \
            at least.
            """)
    var slots: Int?
    @Option(
        help: "The folder of the shards on this machine, when not where the coordinator has it.")
    var shards: String?
    @Option(help: "A name for people; the host's by default.") var name: String?
    @Flag(help: .hidden) var withParent = false

    func validate() throws {
        guard [threads, slots].allSatisfy({ (1...1024).contains($0 ?? 1) }) else {
            throw ValidationError("--threads and --slots take 1 to 1024")
        }
    }

    func run() async throws {
        try await explainingFailures {
            let text = connect.hasPrefix("tcp://") ? String(connect.dropFirst(6)) : connect
            let address = try CoordinatorAddress(text)
            let shape = WorkerShape(
                processors: ProcessInfo.processInfo.activeProcessorCount, slots: slots,
                threads: threads)
            let nonce = UInt64.random(in: .min ... .max)
            let settings = WorkerSettings(
                name: name ?? ProcessInfo.processInfo.hostName, bootNonce: nonce,
                cores: shape.threads * shape.slots, slots: shape.slots, prefetch: 1,
                numericsFingerprint: try NumericsFingerprint.measured())
            let loop = WorkerLoop(
                settings: settings,
                channel: try ZeroMQClient(
                    connectingTo: address, as: PeerID(bootNonce: nonce))
            ) { [shards] briefing in
                try WorkerBriefing(reading: briefing).taskRunner(
                    threads: shape.threads, shardsAt: shards)
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
                throw ExitCode.unavailable
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
