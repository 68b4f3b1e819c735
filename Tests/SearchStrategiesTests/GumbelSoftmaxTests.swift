import SearchSpaces
import SearchStrategies
import Tensors
import Testing

@Suite("A path sampled from alpha")
struct GumbelSoftmaxTests {
    @Test("takes each operation with the probability softmax(alpha)")
    func frequencies() {
        let alpha = ArchitectureParameters(slots: 1, operations: 3, logits: [0.5, -0.5, 1])
        var counts = [0, 0, 0]
        let draws = 30_000
        for draw in 0..<draws {
            let path = SampledPath(from: alpha, seed: 1, step: UInt32(draw), phase: 0, path: 0)
            counts[path.architecture.choices[0]] += 1
        }
        for (count, probability) in zip(counts, alpha.probabilities(ofSlot: 0)) {
            let deviation = (probability * (1 - probability) / Double(draws)).squareRoot()
            #expect(abs(Double(count) / Double(draws) - probability) < 4.5 * deviation)
        }
    }

    @Test("is a function of seed, step, phase and path")
    func keyed() {
        let alpha = ArchitectureParameters(
            space: .covidNet3DSmall, standardDeviation: 1e-3, seed: 3)
        func sample(_ step: UInt32, _ phase: UInt32, _ path: UInt32) -> Architecture {
            SampledPath(from: alpha, seed: 3, step: step, phase: phase, path: path).architecture
        }
        #expect(sample(1, 0, 0) == sample(1, 0, 0))
        #expect(
            Set([sample(0, 0, 0), sample(1, 0, 0), sample(0, 1, 0), sample(0, 0, 1)]).count == 4)
        #expect(alpha.logits.count == 168)
        #expect(alpha.meanEntropy > 2.079 && alpha.meanEntropy < 2.0795)
    }

    @Test("gives the straight-through gradient of the soft relaxation", arguments: [0.5, 1, 3])
    func straightThrough(temperature: Double) {
        // With L = <c, Z> the sampled branch's product is dL/dZ_s = c, so the estimator must be
        // c times the derivative of Z_s: checked by central differences.
        let logits: [Double] = [0.3, -0.2, 0.9, 0.1]
        let noise = [0.1, 0.7, -0.4, 0.2]
        let chosen = 2
        let alpha = ArchitectureParameters(
            slots: 1, operations: 4, logits: logits.map { Float($0) })
        let exact = alpha.logits.map(Double.init)
        let gradient = StraightThroughEstimator(temperature: temperature).gradient(
            alpha: alpha,
            path: SampledPath(architecture: Architecture(choices: [chosen]), noise: noise),
            slotProducts: [1.7])
        func relaxed(_ values: [Double]) -> Double {
            1.7 * softmax(zip(values, noise).map { ($0 + $1) / temperature })[chosen]
        }
        for column in 0..<4 {
            var up = exact
            var down = exact
            up[column] += 1e-5
            down[column] -= 1e-5
            let difference = (relaxed(up) - relaxed(down)) / 2e-5
            #expect(abs(gradient[column] - difference) < 1e-8)
        }
    }

    @Test("reports the most probable architecture")
    func mostProbable() {
        let alpha = ArchitectureParameters(slots: 2, operations: 3, logits: [0, 2, 1, 5, 5, 4])
        #expect(alpha.mostProbable.choices == [1, 0])
    }

    @Test("follows its temperature schedule")
    func schedule() {
        #expect(TemperatureSchedule.constant(2).temperature(atStep: 7, of: 9) == 2)
        #expect(TemperatureSchedule.linear(from: 10, to: 0.1).temperature(atStep: 9, of: 10) == 0.1)
        let middle = TemperatureSchedule.exponential(from: 4, to: 1).temperature(atStep: 1, of: 3)
        #expect(abs(middle - 2) < 1e-12)
    }
}
