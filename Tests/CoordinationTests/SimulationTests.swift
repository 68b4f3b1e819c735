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
        var simulation = Simulation(seed: seed)
        var finished = 0
        var movedAt = 0
        for step in 0..<Self.steps {
            simulation.step()
            if !simulation.problems.isEmpty {
                Issue.record("seed \(seed), step \(step): \(simulation.problems)")
                return
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
                return
            }
        }
        #expect(finished > Self.steps / 2000)
    }
}
