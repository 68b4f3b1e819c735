import Coordination
import Foundation
import Testing

@Suite("Coordinator and workers, whatever happens")
struct SimulationTests {
    /// `VOXELNAS_SIMULATION_STEPS=1000000` for a night.
    static let steps =
        ProcessInfo.processInfo.environment["VOXELNAS_SIMULATION_STEPS"].flatMap(Int.init) ?? 25_000

    @Test("fold each task once and always get on", arguments: 1...4 as ClosedRange<UInt64>)
    func randomEvents(seed: UInt64) {
        run(Simulation(seed: seed), seed: seed)
    }

    @Test("have rounds overlap without mixing them up", arguments: 21...22 as ClosedRange<UInt64>)
    func overlappingRounds(seed: UInt64) {
        run(Simulation(seed: seed, width: 3), seed: seed)
        run(Simulation(seed: seed, hasUnsound: true, width: 4), seed: seed)
    }

    @Test(
        "let no wrong bits through where two machines are asked, and blame no sound machine",
        arguments: 11...14 as ClosedRange<UInt64>)
    func unsoundMachines(seed: UInt64) {
        let simulation = run(Simulation(seed: seed, hasUnsound: true), seed: seed)
        #expect(simulation.lies > 0)
        #expect(simulation.poisoned > 0)
        #expect(simulation.epoch > 1 || simulation.coordinator.counts.audited > 0)
    }

    @discardableResult
    private func run(_ start: Simulation, seed: UInt64) -> Simulation {
        var simulation = start
        var finished = 0
        var movedAt = 0
        for step in 0..<Self.steps {
            simulation.step()
            if !simulation.problems.isEmpty {
                Issue.record("seed \(seed), step \(step): \(simulation.problems)")
                return simulation
            }
            if simulation.finishedRounds > finished {
                finished = simulation.finishedRounds
                movedAt = step
            }
            // The longest honest stall: a silent worker is given up after 15 s, and a step in ten
            // lets 0.2 s pass.
            if step - movedAt > 10_000 {
                Issue.record(
                    "seed \(seed), step \(step): \(simulation.coordinator.waitingReason)")
                return simulation
            }
        }
        #expect(finished > Self.steps / 2000)
        return simulation
    }
}
