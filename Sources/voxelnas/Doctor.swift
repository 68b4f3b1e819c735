import CTData
import Foundation
import Identities
import Kernels
import Pipeline
import RunConfiguration
import Training
import Transport
import WireProtocol
import ZeroMQ

/// Examines whether this machine can work for a coordinator, and says what to do where it cannot.
struct Doctor {
    /// What was found about one thing.
    struct Finding: Encodable {
        enum Verdict: String, Encodable { case ok, warn, fail }

        let check: String
        let verdict: Verdict
        let found: String
        /// What to do; empty when all is well.
        let advice: String
    }

    private let connection: WorkerConnection
    private let name: String?
    private(set) var findings: [Finding] = []

    /// An examination with the options that the worker would have.
    init(connection: WorkerConnection, name: String?) {
        self.connection = connection
        self.name = name
    }

    /// Whether a worker would work.
    var isFit: Bool { !findings.contains { $0.verdict == .fail } }

    private mutating func note(
        _ check: String, _ verdict: Finding.Verdict, _ found: String, advice: String = ""
    ) {
        findings.append(
            Finding(
                check: check, verdict: verdict, found: found,
                advice: verdict == .ok ? "" : advice))
    }

    /// Examines everything that can be.
    mutating func examine() throws {
        examineLibrary()
        examineProcessor()
        let fingerprint = try NumericsFingerprint.measured()
        let address = try connection.address()
        let key = examineKey()
        guard key.isUsable, let reached = examineNetwork(address) else { return }
        guard reached else { return }
        let nonce = UInt64.random(in: .min ... .max)
        let hello = Hello(
            workerName: (try? connection.name(name, key: key.file)).map { "\($0)/doctor" }
                ?? "doctor",
            bootNonce: nonce, cores: ProcessInfo.processInfo.activeProcessorCount, slots: 0,
            prefetch: 0, numericsFingerprint: fingerprint)
        let outcome = try CoordinatorProbe(address, key: key.file).run(hello)
        examine(outcome, at: address, isKeyed: key.file != nil, fingerprint: fingerprint)
    }

    private mutating func examineLibrary() {
        let version = ZeroMQLibrary.version
        guard ZeroMQLibrary.hasCurve else {
            return note(
                "libzmq", connection.key == nil ? .warn : .fail, "\(version), without CURVE",
                advice: "install Debian's libzmq5, which has it")
        }
        note("libzmq", .ok, "\(version), with CURVE")
    }

    private mutating func examineProcessor() {
        let count = ProcessInfo.processInfo.activeProcessorCount
        let found = "\(instructionSetName), \(count) processors"
        if InstructionSet.fusesMultiplyAdds {
            note("instruction set", .ok, found)
        } else {
            note(
                "instruction set", .warn, found,
                advice: "a run of processors with fused multiply-add (AVX2 or later) refuses this "
                    + "one: its bits differ")
        }
    }

    private mutating func examineKey() -> (isUsable: Bool, file: KeyFile?) {
        guard connection.key != nil else {
            note("key file", .ok, "none given")
            return (true, nil)
        }
        do {
            let file = try connection.keyFile()
            _ = try connection.name(name, key: file)
            note("key file", .ok, "of '\(file?.name ?? "")'")
            return (true, file)
        } catch {
            note("key file", .fail, "\(error)", advice: "see above")
            return (false, nil)
        }
    }

    /// - Returns: Whether the control port answers; `nil` when the name has no address.
    private mutating func examineNetwork(_ address: CoordinatorAddress) -> Bool? {
        let numeric: String
        switch PortProbe.address(of: address.host) {
        case .success(let text):
            numeric = text
            note("name", .ok, "\(address.host) is \(text)")
        case .failure(let error):
            note(
                "name", .fail, "\(address.host): \(error)",
                advice: "check the name, /etc/resolv.conf and /etc/hosts, or use the number")
            return nil
        }
        switch PortProbe.connect(numeric, port: address.port) {
        case .success:
            note("control port", .ok, "\(numeric):\(address.port) takes connections")
            return true
        case .failure(let error):
            note(
                "control port", .fail, "\(numeric):\(address.port): \(error)",
                advice: "is the coordinator running, with --listen on an address that this machine "
                    + "reaches, and does a firewall let TCP \(address.port) and \(address.port + 1) "
                    + "through?")
            return false
        }
    }

    private mutating func examine(
        _ outcome: CoordinatorProbe.Outcome, at address: CoordinatorAddress, isKeyed: Bool,
        fingerprint: String
    ) {
        let keyText = isKeyed ? "accepted" : "none needed"
        switch outcome {
        case .silent:
            note(
                "key", .fail, "the coordinator ended the handshake or said nothing",
                advice: "is it a coordinator of voxelnas at \(address), and does the key file come "
                    + "from its own keys folder?")
        case .keyRefused(let text):
            note("key", .fail, text, advice: "as it says")
        case .unanswered:
            note("key", .ok, keyText)
            note(
                "admission", .fail, "no answer to the greeting",
                advice: "is the coordinator of the same version?")
        case .rejected(let reject):
            note("key", reject.code == .identity ? .fail : .ok, keyText, advice: reject.hint)
            let check = reject.code == .numerics ? "numerics fingerprint" : "admission"
            note(check, .fail, reject.text, advice: reject.hint)
        case .noData(let welcome):
            note("key", .ok, keyText)
            note("numerics fingerprint", .ok, "\(fingerprint.prefix(12)), as the run's")
            note(
                "data port", .fail, "\(address.host):\(welcome.dataPort) carries nothing",
                advice: "let TCP \(welcome.dataPort) through the firewall, outbound from here")
            examineRun(welcome)
        case .measured(let welcome, let speed):
            note("key", .ok, keyText)
            note("numerics fingerprint", .ok, "\(fingerprint.prefix(12)), as the run's")
            note("data port", .ok, "\(address.host):\(welcome.dataPort) takes connections")
            let isSlow = min(speed.up, speed.down) < 10
            note(
                "throughput", isSlow ? .warn : .ok,
                String(
                    format: "%.0f MB/s up, %.0f MB/s down, %.1f ms there and back", speed.up,
                    speed.down, 1000 * speed.roundTrip),
                advice: "tasks move tens of megabytes each way; on a slow link use larger ones")
            examineRun(welcome)
        }
    }

    private mutating func examineRun(_ welcome: Welcome) {
        guard let briefing = try? WorkerBriefing(reading: welcome.configuration) else {
            return note(
                "run", .fail, "the run's settings cannot be read",
                advice: "install the coordinator's version of voxelnas here")
        }
        examineMemory(briefing.configuration)
        for (role, place) in briefing.shards.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            examineShards(role.rawValue, place.fingerprint)
        }
    }

    private mutating func examineMemory(_ configuration: RunConfiguration) {
        let lines = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
        let available =
            lines.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
            .flatMap { $0.split(separator: " ").dropFirst().first }.flatMap { Int($0) }
            .map { $0 * 1024 } ?? 0
        let needed = ((try? WorkerNeeds(configuration: configuration))?.taskBytes ?? 0) + 256 << 20
        let text = "\(available >> 20) MiB free, a task takes about \(needed >> 20) MiB"
        note(
            "memory", available >= needed ? (available >= 2 * needed ? .ok : .warn) : .fail, text,
            advice: "use fewer --slots here, or a smaller search.microBatchSize in the run file")
    }

    private mutating func examineShards(_ role: String, _ fingerprint: String) {
        if let folder = connection.shards,
            let found = VolumeSet.folder(of: fingerprint, in: folder)
        {
            return note("shards, \(role)", .ok, "in \(found)")
        }
        let cache = connection.cacheFolder
        let files = FileManager.default
        try? files.createDirectory(atPath: cache, withIntermediateDirectories: true)
        guard files.isWritableFile(atPath: cache) else {
            return note(
                "shards, \(role)", .fail, "\(cache) cannot be written",
                advice: "name a folder for fetched shards with --cache, or mount them for --shards")
        }
        let free =
            ((try? files.attributesOfFileSystem(forPath: cache))?[.systemFreeSize] as? NSNumber)?
            .intValue ?? 0
        let isShort = free < 1 << 30
        let isThere = files.fileExists(atPath: "\(cache)/\(fingerprint)")
        let missing = connection.shards.map { "not in \($0); " } ?? ""
        note(
            "shards, \(role)", isShort ? .warn : .ok,
            missing + (isThere ? "fetched before, in \(cache)" : "will be fetched to \(cache)")
                + ", \(free / 1_000_000_000) GB free there",
            advice: "make room, or name another folder with --cache")
    }
}
