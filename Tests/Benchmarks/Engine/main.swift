// Times a training step of sampled paths: median samples per second per path, optimiser included.
//
//     swift run -c release EngineBenchmark PATHS.json [S|L] [threads] [batch] [repetitions]

import Execution
import Foundation
import Graphs
import Kernels
import Models
import Optimizers
import SearchSpaces
import Tensors

/// The sampled paths as the PyTorch benchmark names them, such as `5x5_e4`.
struct PathFile: Decodable {
    let ops: [String]
    let random: [[String]]
}

func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    let (whole, atto) = (ContinuousClock.now - start).components
    return Double(whole) + Double(atto) * 1e-18
}

/// Processor time of the whole process, in seconds: little disturbed by what else runs.
func processorTime() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

let arguments = CommandLine.arguments
guard arguments.count > 1 else { fatalError("give the path of paths.json") }
let file = try JSONDecoder().decode(
    PathFile.self, from: Data(contentsOf: URL(fileURLWithPath: arguments[1])))
let isLarge = arguments.count > 2 && arguments[2] == "L"
let threads = arguments.count > 3 ? Int(arguments[3]) ?? 1 : 1
let batch = arguments.count > 4 ? Int(arguments[4]) ?? 8 : 8
let repetitions = arguments.count > 5 ? Int(arguments[5]) ?? 15 : 15
let space: SearchSpace = isLarge ? .covidNet3DLarge : .covidNet3DSmall
let supernet = CovidNet3DSupernet(space: space, classes: 3)
let size = VolumeSize(16, 64, 64)
let executor = Executor(threads: threads)
var stream = RandomStream(seed: 1, name: "benchmark")
let input = (0..<(batch * size.count)).map { _ in Float(stream.nextNormal()) }
let labels = (0..<batch).map { $0 % 3 }
let sgd = SGD(momentum: 0.9)
print("\(instructionSetName), space \(isLarge ? "L" : "S"), batch \(batch), \(threads) threads")

var rates: [Double] = []
for index in 0..<4 {
    let path = Architecture(choices: file.random[index].compactMap(file.ops.firstIndex))
    let plan = ExecutionPlan(
        graph: supernet.graph(of: path, input: size), batch: batch, mode: .training)
    var parameters = ParameterSet(
        initializing: plan.graph.operators, seed: 1, model: "benchmark")
    var state = OptimizerState()
    var total: [Double] = []
    var update: [Double] = []
    var processor: [Double] = []
    for repetition in 0..<(repetitions + 3) {
        var result: StepResult?
        let before = processorTime()
        let step = try seconds {
            result = try unsafe input.withUnsafeBufferPointer {
                unsafe try executor.trainingStep(
                    plan, parameters: parameters, input: $0, labels: labels)
            }
        }
        let optimizer = seconds {
            sgd.update(
                parameters: &parameters, gradients: result?.gradients ?? ParameterSet(),
                state: &state, learningRate: 1e-3)
        }
        if repetition >= 3 {
            total.append(step + optimizer)
            update.append(optimizer)
            processor.append(processorTime() - before)
        }
    }
    let planning = seconds {
        _ = ExecutionPlan(
            graph: supernet.graph(of: path, input: size), batch: batch, mode: .training)
    }
    let rate = Double(batch) / median(total)
    rates.append(rate)
    func milliseconds(_ value: Double) -> String { String(format: "%.2f", value * 1e3) }
    print(
        "r\(index): \(String(format: "%.1f", rate)) samples/s, step "
            + "\(milliseconds(median(total) - median(update))) ms, optimiser "
            + "\(milliseconds(median(update))) ms, processor \(milliseconds(median(processor))) ms, plan \(milliseconds(planning)) ms, arena "
            + "\(plan.peakBytes / 1_000_000) MB")
}
print(String(format: "mean %.1f samples/s", rates.reduce(0, +) / Double(rates.count)))
