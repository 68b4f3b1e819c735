import Foundation
import Journal
import Runs
import Synchronization
import Tensors
import Testing

@Suite("What a search writes behind itself", .timeLimit(.minutes(1)))
struct SearchLogTests {
    private let run: RunDirectory

    init() throws {
        run = RunDirectory(path: NSTemporaryDirectory() + "log-\(UUID())")
        try run.createFolder(run.path)
    }

    private static func entry(_ step: Int) -> SearchLog.Entry {
        let line = LoggedRoot(
            kind: "step", step: step, round: UInt64(2 * step), root: "root \(step)")
        return SearchLog.Entry(
            frame: { LogFrame(text: Array("\(step)".utf8), floats: [Float(step)]) },
            rootLine: line.line)
    }

    private static func checkpoint(
        _ round: UInt64, isHealthy: Bool = true
    ) -> (Checkpoint, CheckpointManifest) {
        var checkpoint = Checkpoint()
        checkpoint.sets["weights"] = ParameterSet([OperatorID("stem"): [Float(round), 2]])
        return (
            checkpoint,
            CheckpointManifest(
                configuration: "c", step: Int(round / 2), round: round, logged: round, root: "r",
                loss: 1,
                isHealthy: isHealthy)
        )
    }

    private func logged(_ round: UInt64) throws -> [Float] {
        var reader = try LogReader(path: run.segmentPath(round))
        var found: [Float] = []
        while let frame = try reader.next() { found += frame.floats }
        return found
    }

    @Test("is all on the disk when it is closed, in parts that begin at saved states")
    func order() async throws {
        let log = try SearchLog(of: run, round: 0, step: 0, traces: false, report: { _ in })
        for step in 1...3 { try await log.append(Self.entry(step)) }
        let (checkpoint, manifest) = Self.checkpoint(6)
        log.save(checkpoint, manifest)
        for step in 4...5 { try await log.append(Self.entry(step)) }
        try await log.close()
        #expect(try logged(0) == [1, 2, 3])
        #expect(try logged(6) == [4, 5])
        #expect(run.loggedRoots.map(\.root) == (1...5).map { "root \($0)" })
        let saved = try CheckpointStore(of: run).newest(configuration: "c") { _ in }
        #expect(saved?.checkpoint == checkpoint)
        // The link leads to the newest state.
        #expect(try Checkpoint(path: run.checkpointPath) == checkpoint)
    }

    @Test("keeps nothing that no saved state needs")
    func pruning() async throws {
        let log = try SearchLog(of: run, round: 0, step: 0, traces: false, report: { _ in })
        for round in 1...4 as ClosedRange<UInt64> {
            let (checkpoint, manifest) = Self.checkpoint(10 * round, isHealthy: round < 2)
            try await log.append(Self.entry(Int(round)))
            log.save(checkpoint, manifest)
        }
        try await log.close()
        // The last two, and the newest healthy one.
        let kept = try FileManager.default.contentsOfDirectory(atPath: run.checkpointsPath).sorted()
        #expect(kept == ["round-0000000010", "round-0000000030", "round-0000000040"])
        #expect(run.segments == [10, 20, 30, 40])
        // A restart reads what leads on from its state.
        #expect(run.segments(from: 30) == [30, 40] && run.segments(from: 39) == [30, 40])
        #expect(run.segments(from: 5) == run.segments && run.segments(from: 50) == [40])
    }

    @Test("asks for a saved state when a restart would take long, whoever wrote the log")
    func savePace() async throws {
        func wants(_ limit: Double) -> Bool {
            log.wantsCheckpoint(SavePace(replayLimit: .seconds(limit)))
        }
        let log = try SearchLog(
            of: run, round: 0, step: 0, replayed: .seconds(1), traces: false, report: { _ in })
        #expect(wants(1) && !wants(1.01))
        let frame = LogFrame(text: [], floats: [1])
        for _ in 1...9 { try await log.append(.init(frame: { frame }, applying: .seconds(0.1))) }
        while !wants(1.89) { try await Task.sleep(for: .milliseconds(2)) }
        #expect(!wants(1.91))
        let (checkpoint, manifest) = Self.checkpoint(6)
        log.save(checkpoint, manifest)
        #expect(!wants(0.01))
        // Not while one is being written.
        while !log.wantsCheckpoint(SavePace(interval: .zero)) {
            try await Task.sleep(for: .milliseconds(2))
        }
        #expect(!wants(0.01))
        try await log.close()
    }

    @Test("pauses while the disk is full, names the file, and loses nothing")
    func fullDisk() async throws {
        let isFull = Atomic(false)
        let said = Mutex<[String]>([])
        let log = try SearchLog(
            of: run, round: 0, step: 0, traces: false,
            report: { text in said.withLock { $0.append(text) } },
            obstruction: { call in
                isFull.load(ordering: .acquiring) && call == "fdatasync" ? ENOSPC : nil
            })
        try await log.append(Self.entry(1))
        isFull.store(true, ordering: .releasing)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for step in 2...6 { try await log.append(Self.entry(step)) } }
            while log.complaint == nil { await Task.yield() }
            isFull.store(false, ordering: .releasing)
            try await group.waitForAll()
        }
        try await log.close()
        #expect(try logged(0) == [1, 2, 3, 4, 5, 6])
        #expect(run.loggedRoots.count == 6)
        let texts = said.withLock { $0 }
        #expect(texts.first?.hasPrefix(run.path + "/") == true)
        #expect(texts.first?.contains("pauses") == true)
        #expect(texts.last == "writing works again; the search goes on")
    }

    @Test("stops the search where waiting does not help")
    func hopeless() async throws {
        let log = try SearchLog(
            of: run, round: 0, step: 0, traces: false, report: { _ in },
            obstruction: { $0 == "write" ? EROFS : nil })
        await #expect(throws: JournalError.self) {
            try await log.append(Self.entry(1))
            try await log.close()
        }
    }

    @Test("goes back to the state before a damaged one, and says so")
    func damaged() async throws {
        let store = CheckpointStore(of: run)
        for round in [2, 4] as [UInt64] {
            let (checkpoint, manifest) = Self.checkpoint(round)
            _ = try store.write(checkpoint, manifest)
        }
        let state = run.checkpointsPath + "/round-0000000004/search.safetensors"
        var data = try #require(FileManager.default.contents(atPath: state))
        data[data.count - 1] ^= 1
        try data.write(to: URL(fileURLWithPath: state))
        var said: [String] = []
        let saved = try store.newest(configuration: "c") { said.append($0) }
        #expect(saved?.manifest.round == 2)
        #expect(said.count == 1)
        #expect(said.first?.hasPrefix(state) == true)
        #expect(throws: RunError.self) { try store.newest(configuration: "other") { _ in } }
    }
}
