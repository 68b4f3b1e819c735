import Execution
import Foundation
import GoldenVectors
import Models
import Optimizers
import Safetensors
import Tensors
import Testing

/// Writes the training steps that `Tests/Peers/steps_against_torch.py` takes with PyTorch as well.
///
/// PyTorch computes each step from the weights that it started with here. Weights after three steps
/// of a trajectory of PyTorch's own would say nothing: Adam moves a weight by the sign of a gradient
/// that rounding decides (decision 0021).
@Suite("Steps for a peer")
struct AdamTrajectoryTests {
    static let folder = ProcessInfo.processInfo.environment["VOXELNAS_STEP_CASES"]

    @Test(
        "are written with their gradients, statistics and losses",
        .enabled(if: folder != nil && !GoldenFiles.isMissing), arguments: ["path_a", "path_b"])
    func write(name: String) throws {
        let folder = try #require(Self.folder)
        let golden = try GoldenPath(name)
        let executor = Executor(threads: 2)
        var parameters = try golden.parameters("start.")
        var state = OptimizerState()
        let adam = Adam(weightDecay: 5e-4)
        var tensors: [(name: String, shape: [Int], elements: [Float])] = []
        func record(
            _ prefix: String, _ blocks: ParameterSet, _ entries: [PyTorchNaming.Entry]
        ) throws {
            for entry in entries {
                let elements = try #require(PyTorchNaming.elements(entry, in: blocks))
                tensors.append((prefix + entry.name, entry.shape, elements))
            }
        }
        for step in 1...3 {
            try record("start\(step).", parameters, golden.naming.parameters)
            let result = try golden.step(executor, parameters)
            let gradients = try #require(result.gradients)
            try record("gradient\(step).", gradients, golden.naming.parameters)
            try record("statistic\(step).", result.statistics, golden.naming.statistics)
            let products = result.slotProducts
            tensors.append(("gradient\(step).gates", [products.count], products))
            tensors.append(("loss\(step)", [1], [Float(result.loss)]))
            adam.update(
                parameters: &parameters, gradients: gradients, state: &state, learningRate: 1e-3,
                gradientScale: GradientClipping.scale(
                    norm: GradientClipping.norm(of: gradients), limit: 5))
        }
        try record("start4.", parameters, golden.naming.parameters)
        try SafetensorsWriter.write(path: "\(folder)/\(name).safetensors", floats: tensors)
    }
}
