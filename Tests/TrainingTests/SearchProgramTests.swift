import Models
import Optimizers
import RunConfiguration
import Runs
import SearchSpaces
import SearchStrategies
import Tasks
import Tensors
import Testing
import ToySearch
import Training

@Suite("A search")
struct SearchProgramTests {
    @Test("has the same bits whatever order results arrive in")
    func orderOfArrival() async throws {
        let configuration = try ToySearch.configuration()
        let program = try ToySearch.program(configuration)
        let local = LocalRoundExecutor(try ToySearch.runner(configuration))
        var forward = ToySearch.start(program)
        var backward = ToySearch.start(program)
        for _ in 0..<3 {
            _ = try await program.advance(&forward, on: local)
            _ = try await program.advance(&backward, on: ReversingExecutor(inner: local))
        }
        #expect(forward.alpha == backward.alpha)
        #expect(forward.supernet.parameters == backward.supernet.parameters)
        #expect(forward.supernet.optimizerState == backward.supernet.optimizerState)
        #expect(forward.step == 3 && forward.round == 6)
    }

    @Test("goes on from a checkpoint with the same bits")
    func resumes() async throws {
        let configuration = try ToySearch.configuration()
        let program = try ToySearch.program(configuration)
        let executor = LocalRoundExecutor(try ToySearch.runner(configuration))
        var whole = ToySearch.start(program)
        for _ in 0..<2 { _ = try await program.advance(&whole, on: executor) }
        var resumed = try SearchState(
            whole.checkpoint(digest: "d"), digest: "d", path: "checkpoint")
        for _ in 0..<2 {
            _ = try await program.advance(&whole, on: executor)
            _ = try await program.advance(&resumed, on: executor)
        }
        #expect(whole.checkpoint(digest: "d") == resumed.checkpoint(digest: "d"))
        #expect(throws: RunError.self) {
            try SearchState(whole.checkpoint(digest: "d"), digest: "other", path: "checkpoint")
        }
    }

    @Test("touches the operators of the sampled paths and no other")
    func lazyState() async throws {
        let configuration = try ToySearch.configuration()
        let program = try ToySearch.program(configuration)
        var state = ToySearch.start(program)
        let before = state.supernet.parameters
        let trace = try await program.advance(
            &state, on: LocalRoundExecutor(try ToySearch.runner(configuration)))
        let supernet = CovidNet3DSupernet(space: program.space, classes: 2)
        let touched = Set(
            try #require(trace.weightPhase).choices.flatMap {
                supernet.operators(of: Architecture(choices: $0)).map(\.id)
            })
        for id in before.operators {
            #expect((state.supernet.parameters[id] != before[id]) == touched.contains(id), "\(id)")
            #expect(
                (state.supernet.optimizerState.entries[id]?.step ?? 0)
                    == (touched.contains(id) ? 1 : 0))
        }
    }

    @Test(
        "moves alpha by Adam on the logged noise and slot products, and leaves a uniform one alone")
    func alphaReplay() async throws {
        for preset in ["paper", "uniform"] {
            let configuration = try ToySearch.configuration("search.preset=\(preset)")
            let program = try ToySearch.program(configuration)
            var state = ToySearch.start(program)
            let first = state.alpha
            let trace = try await program.advance(
                &state, on: LocalRoundExecutor(try ToySearch.runner(configuration)))
            guard preset == "paper" else {
                #expect(state.alpha == first)
                #expect(trace.alphaPhase == nil)
                continue
            }
            let phase = try #require(trace.alphaPhase)
            var gradient = [Double](repeating: 0, count: 24)
            for (task, products) in phase.slotProducts.enumerated() {
                let path = SampledPath(
                    architecture: Architecture(choices: phase.choices[task / 2]),
                    noise: phase.noise[task / 2])
                let part = StraightThroughEstimator(temperature: 1).gradient(
                    alpha: first, path: path, slotProducts: products.map(Double.init))
                for index in gradient.indices { gradient[index] += part[index] / 4 }
            }
            for index in gradient.indices {
                // The first step of Adam: both corrected moments are the decayed gradient.
                let decayed = gradient[index] + 1e-3 * Double(first.logits[index])
                let expected =
                    Double(first.logits[index]) - 3e-4 * decayed / (abs(decayed) + 1e-8)
                #expect(abs(Double(state.alpha.logits[index]) - expected) < 2e-8)
            }
        }
    }

    @Test("has as many steps per epoch as the smaller half fills, the last batch included")
    func stepsPerEpoch() throws {
        var configuration = try ToySearch.configuration()
        for (scans, batch, steps) in [(3195, 64, 25), (779, 32, 13), (402, 64, 4)] {
            configuration.search.paths = 1
            configuration.search.microBatches = batch / 16
            configuration.search.microBatchSize = 16
            let program = try SearchProgram(
                configuration: configuration, weightScans: Array(0..<(scans / 2)),
                alphaScans: Array((scans / 2)..<scans))
            #expect(program.stepsPerEpoch == steps)
        }
    }

    @Test("refuses a task of another space")
    func foreign() throws {
        let runner = try ToySearch.runner(try ToySearch.configuration())
        let task = TaskDescription(
            key: TaskKey(round: 0, index: 0), kind: .predictions, model: .supernet,
            network: .fixed(Architecture(choices: [0, 0])),
            batch: .init(volumes: "search", scans: [0], epoch: 0, augmented: false),
            objective: .init())
        #expect(throws: TaskRunner.Failure.foreignArchitecture("00")) {
            try runner.requirements(of: task, alpha: [])
        }
    }
}
