import GoldenVectors
import Optimizers
import Safetensors
import Tensors
import Testing

@Suite("An optimiser")
struct OptimizerTests {
    private static let rules: [(name: String, rule: any Optimizer, rate: Double)] = [
        ("sgd_momentum", SGD(momentum: 0.9, weightDecay: 5e-4), 0.025),
        ("adam", Adam(weightDecay: 5e-4), 1e-3),
        ("adam_alpha", Adam(beta1: 0.5, weightDecay: 1e-3), 3e-4),
        ("adamw", Adam(weightDecay: 5e-2, decay: .decoupled), 1e-3),
    ]

    @Test(
        "takes PyTorch's steps",
        .disabled(if: GoldenFiles.isMissing, Comment(rawValue: GoldenFiles.hint)),
        arguments: ["sgd_momentum", "adam", "adam_alpha", "adamw"])
    func goldenSteps(name: String) throws {
        let golden = try GoldenCase(name)
        let rule = try #require(Self.rules.first { $0.name == name })
        let id = OperatorID("x")
        var parameters = ParameterSet([id: try golden.raw("start").elements])
        let gradients = try golden.raw("gradients").elements
        var state = OptimizerState()
        for step in 1...4 {
            let gradient = ParameterSet([id: Array(gradients[((step - 1) * 11)..<(step * 11)])])
            rule.rule.update(
                parameters: &parameters, gradients: gradient, state: &state,
                learningRate: rule.rate)
            let expected = try golden.raw("after\(step)").elements
            #expect(relativeError(parameters[id] ?? [], expected) < 1e-6)
        }
    }

    @Test("remembers and moves only what it was given gradients for")
    func laziness() {
        let (a, b) = (OperatorID("a"), OperatorID("b"))
        var parameters = ParameterSet([a: [1, 2], b: [3]])
        var state = OptimizerState()
        let adam = Adam(weightDecay: 0.1)
        for _ in 0..<3 {
            adam.update(
                parameters: &parameters, gradients: ParameterSet([a: [0.5, -0.5]]), state: &state,
                learningRate: 0.1)
        }
        #expect(parameters[b] == [3])
        #expect(state.entries[b] == nil)
        #expect(state.entries[a]?.step == 3)
        var fresh = ParameterSet([b: [3]])
        var freshState = OptimizerState()
        for set in [0, 1] {
            _ = set
            adam.update(
                parameters: &parameters, gradients: ParameterSet([b: [1]]), state: &state,
                learningRate: 0.1)
            adam.update(
                parameters: &fresh, gradients: ParameterSet([b: [1]]), state: &freshState,
                learningRate: 0.1)
        }
        #expect(parameters[b] == fresh[b])
        #expect(state.entries[b] == freshState.entries[b])
    }
}

@Suite(
    "Schedules and clipping",
    .disabled(if: GoldenFiles.isMissing, Comment(rawValue: GoldenFiles.hint)))
struct ScheduleTests {
    @Test("follow PyTorch's cosine")
    func cosine() throws {
        let rates = try GoldenCase("cosine").raw("rates").elements
        let schedule = LearningRateSchedule.cosine(start: 1e-3, end: 1e-5, period: 20)
        #expect(relativeError((0..<20).map { Float(schedule.rate(at: $0)) }, rates) < 1e-6)
        #expect(abs(schedule.rate(at: 40) - 1e-3) < 1e-12)
        #expect(abs(schedule.rate(at: 25) - schedule.rate(at: 15)) < 1e-12)
    }

    @Test("clip by the norm of all gradients")
    func clip() throws {
        let golden = try GoldenCase("clip")
        let gradients = ParameterSet([
            OperatorID("a"): try golden.raw("a").elements,
            OperatorID("b"): try golden.raw("b").elements,
        ])
        let norm = GradientClipping.norm(of: gradients)
        #expect(try relativeError([Float(norm)], golden.raw("norm").elements) < 1e-6)
        let scale = GradientClipping.scale(norm: norm, limit: 5)
        #expect(
            try relativeError(
                golden.raw("a").elements.map { $0 * scale }, golden.raw("a_after").elements) < 1e-6)
        #expect(GradientClipping.scale(norm: 1, limit: 5) == 1)
    }
}
