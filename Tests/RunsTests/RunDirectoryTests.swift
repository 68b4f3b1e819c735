import Foundation
import RunConfiguration
import Runs
import Tensors
import Testing

@Suite("A run directory")
struct RunDirectoryTests {
    static func configuration(seed: UInt64 = 1) throws -> RunConfiguration {
        try RunConfiguration(
            reading: "seed: \(seed)\ndata: {classes: {a: 0, b: 1}, positive: b}", file: "run.yaml")
    }

    @Test("is continued only on request and only by its own configuration")
    func prepared() throws {
        let run = RunDirectory(path: NSTemporaryDirectory() + "run-\(UUID())")
        #expect(throws: RunError.notARun(path: run.path)) { try run.configuration() }
        let configuration = try Self.configuration()
        try run.prepare(for: configuration, resuming: false)
        try run.prepare(for: try Self.configuration(seed: 2), resuming: false)
        try run.begin(configuration)
        #expect(try run.configuration().digest == configuration.digest)
        #expect(throws: RunError.exists(path: run.path)) {
            try run.prepare(for: configuration, resuming: false)
        }
        try run.prepare(for: configuration, resuming: true)
        #expect(throws: RunError.self) {
            try run.prepare(for: try Self.configuration(seed: 2), resuming: true)
        }
    }

    @Test("belongs to one process at a time")
    func locked() throws {
        let run = RunDirectory(path: NSTemporaryDirectory() + "run-\(UUID())")
        try run.prepare(for: try Self.configuration(), resuming: false)
        do {
            let lock = try run.lock()
            #expect(throws: RunError.locked(path: run.path)) { try run.lock() }
            withExtendedLifetime(lock) {}
        }
        _ = try run.lock()
    }

    @Test("is gone on with only by what computes as before, part by part")
    func numerics() throws {
        let run = RunDirectory(path: NSTemporaryDirectory() + "run-\(UUID())")
        try run.createFolder(run.path)
        try run.check(numerics: "any", of: .search)
        try run.settle(numerics: "avx2", of: .search)
        try run.settle(numerics: "sse2", of: .evaluation)
        try run.settle(numerics: "avx2", of: .search)
        let other = RunError.otherNumerics(
            path: run.path, part: .search, found: "sse2", noted: "avx2")
        #expect(throws: other) { try run.settle(numerics: "sse2", of: .search) }
        #expect(throws: other) { try run.check(numerics: "sse2", of: .search) }
        try run.check(numerics: "sse2", of: .evaluation)
        try run.write(Data("{".utf8), to: run.path + "/numerics.json")
        #expect(throws: RunError.self) { try run.check(numerics: "avx2", of: .search) }
    }

    @Test("keeps a checkpoint to the bit")
    func checkpoint() throws {
        let path = NSTemporaryDirectory() + "checkpoint-\(UUID()).safetensors"
        var checkpoint = Checkpoint()
        checkpoint.sets["weights"] = ParameterSet([
            OperatorID("cell0.block0.k3e3"): [1.5, -.leastNonzeroMagnitude, 3e38],
            OperatorID("stem"): [0.1],
        ])
        checkpoint.sets["first"] = ParameterSet([OperatorID("stem"): [-0.25]])
        checkpoint.integers["steps.stem"] = [7, -1]
        checkpoint.remarks["configuration"] = "abc"
        try checkpoint.write(to: path)
        #expect(try Checkpoint(path: path) == checkpoint)
    }
}
