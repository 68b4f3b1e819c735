import Models
import RunConfiguration
import SearchSpaces
import SearchStrategies
import Tasks
import Tensors
import Testing
import ToySearch
import Training

@Suite("The root of a search's state")
struct StateRootTests {
    private let program: SearchProgram
    private let executor: LocalRoundExecutor
    private let start: SearchState

    init() throws {
        let configuration = try ToySearch.configuration()
        program = try ToySearch.program(configuration)
        executor = LocalRoundExecutor(try ToySearch.runner(configuration))
        start = SearchState(
            space: program.space,
            operators: CovidNet3DSupernet(space: program.space, classes: 2).operators,
            alphaDeviation: configuration.search.alphaDeviation, seed: configuration.seed,
            digest: configuration.digest)
    }

    @Test("is the same when steps are applied that were computed before")
    func replay() async throws {
        var computed = start
        var applied = start
        for _ in 0..<3 {
            let (update, _) = try await program.update(of: computed, on: executor)
            program.apply(update, to: &computed)
            program.apply(update, to: &applied)
        }
        #expect(applied.root == computed.root)
        #expect(applied.checkpoint(digest: "d") == computed.checkpoint(digest: "d"))
        #expect(StateRoot(hexadecimal: computed.root.description) == computed.root)
    }

    @Test("sees a change of a gradient, of alpha, of a loss and of the configuration")
    func sensitivity() async throws {
        let (update, _) = try await program.update(of: start, on: executor)
        func root(_ change: (inout SearchState, inout StepUpdate) throws -> Void) rethrows
            -> StateRoot
        {
            var state = start
            var changed = update
            try change(&state, &changed)
            program.apply(changed, to: &state)
            return state.root
        }
        let plain = root { _, _ in }
        #expect(plain == root { _, _ in })
        let id = try #require(update.gradients.operators.first)
        let gradient = try root { _, changed in
            let old = try #require(changed.gradients[id]?[0])
            changed.gradients[id]?[0] = old + 1
        }
        #expect(gradient != plain)
        #expect(root { _, changed in changed.alphaGradient?[0] += 1 } != plain)
        #expect(root { state, _ in state.alpha.logits[3] += 0.125 } != plain)
        #expect(root { _, changed in changed.loss = changed.loss.nextUp } != plain)
        let other = SearchState(
            space: program.space,
            operators: CovidNet3DSupernet(space: program.space, classes: 2).operators,
            alphaDeviation: program.configuration.search.alphaDeviation,
            seed: program.configuration.seed, digest: "other")
        #expect(other.root != start.root)
    }

    @Test("leaves a task without a sound result out, and says which scans it read")
    func poison() async throws {
        let poisoned = PoisoningExecutor(inner: executor, indices: [1])
        var state = start
        let (update, _) = try await program.update(of: state, on: poisoned)
        #expect(update.poison.map(\.index) == [1])
        #expect(update.poison.allSatisfy { $0.scans.count == 8 && $0.reason.contains("nan") })
        #expect(update.gradients.isFinite)
        program.apply(update, to: &state)
        #expect(state.supernet.parameters.isFinite)
        // The rest of the step is what it is without the task, at the same weight.
        let plain = LocalRoundExecutor(try ToySearch.runner(program.configuration))
        let silent = PoisoningExecutor(inner: plain, indices: [1], value: 0)
        let others = try await program.update(of: start, on: silent).update.gradients
        for id in update.gradients.operators {
            #expect(update.gradients[id] == others[id] || others[id] == nil, "\(id)")
        }
    }

    @Test("refuses a step of which more than a quarter has no sound result")
    func tooMuchPoison() async throws {
        let executor = PoisoningExecutor(inner: executor, indices: [0, 2])
        let error = await #expect(throws: PoisonLimit.self) {
            try await program.update(of: start, on: executor)
        }
        #expect(error?.description.contains("2 of 4") == true)
    }
}

/// Spoils the gradients of some tasks.
struct PoisoningExecutor: RoundExecutor {
    let inner: LocalRoundExecutor
    let indices: Set<Int>
    var value = Float.nan

    func execute(
        _ round: Round, deliver: @escaping @Sendable (TaskResult) async throws -> Void
    ) async throws {
        try await inner.execute(round) { result in
            guard indices.contains(result.key.index),
                round.tasks[result.key.index].kind == .weightGradient
            else { return try await deliver(result) }
            var gradients = result.gradients
            for id in gradients.operators {
                gradients[id] = gradients[id]?.map { _ in value }
            }
            try await deliver(
                TaskResult(
                    key: result.key, architecture: result.architecture,
                    sampleCount: result.sampleCount, loss: value.isNaN ? .nan : result.loss,
                    logits: result.logits, gradients: gradients,
                    slotProducts: result.slotProducts, statistics: result.statistics))
        }
    }
}
