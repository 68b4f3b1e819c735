// Published networks and fixed ones: their speed and memory, and their numbers for PyTorch's.
//
//     swift run -c release BaselineBenchmark step NETWORK THREADS [STEPS]
//     swift run -c release BaselineBenchmark compare IN.safetensors OUT.safetensors THREADS
//     swift run -c release BaselineBenchmark layout NETWORK
//     swift run -c release BaselineBenchmark parameters CHANNELS CLASSES
//
// `step` prints a line of JSON: seconds of a training step (the fastest, SGD with momentum
// included) and of a forward pass at 1×32×128×128, batch 1, and the largest resident memory.
// `compare` takes weights, input and labels and writes logits, gradients and statistics;
// `Tests/Peers/baselines_against_torch.py` makes the one and judges the other.

import Execution
import Foundation
import Graphs
import Kernels
import Models
import Optimizers
import Safetensors
import SearchSpaces
import Tensors

struct Usage: Error, CustomStringConvertible {
    let description: String
}

let supernet = CovidNet3DSupernet(space: .covidNet3DSmall, classes: 3)
let catalogue = NetworkCatalogue(supernet: supernet)

/// A published network, or an operation of the small space in every slot.
func network(_ name: String) throws -> Architecture {
    if let network = BaselineNetwork(rawValue: name) { return Architecture(network) }
    guard let operation = supernet.space.operations.firstIndex(where: { $0.description == name })
    else {
        let known =
            BaselineNetwork.allCases.map(\.rawValue)
            + supernet.space.operations.map(\.description)
        throw Usage(description: "no network '\(name)'; known are \(known.joined(separator: ", "))")
    }
    return Architecture(repeating: operation, in: supernet.space)
}

func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    return (ContinuousClock.now - start) / .seconds(1)
}

/// Processor time of the whole process, in seconds: little disturbed by what else runs.
func processorTime() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

/// The largest resident memory of this process so far, in bytes.
func peakMemory() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
    return (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
}

func timeStep(_ name: String, threads: Int, steps: Int) throws {
    let size = VolumeSize(32, 128, 128)
    let graph = catalogue.graph(of: try network(name), input: size)
    let executor = Executor(threads: threads)
    var stream = RandomStream(seed: 1, name: "benchmark")
    let input = (0..<size.count).map { _ in Float(stream.nextNormal()) }
    var parameters = ParameterSet(initializing: graph.operators, seed: 1, model: "benchmark")
    var state = OptimizerState()
    let sgd = SGD(momentum: 0.9)
    let training = ExecutionPlan(graph: graph, batch: 1, mode: .training)
    var (fastest, processor) = (Double.infinity, Double.infinity)
    for step in 0...steps {
        let before = processorTime()
        let time = try seconds {
            let result = try executor.trainingStep(
                training, parameters: parameters, input: input, labels: [1])
            sgd.update(
                parameters: &parameters, gradients: result.gradients ?? ParameterSet(),
                state: &state, learningRate: 1e-3)
        }
        if step > 0 {
            fastest = min(fastest, time)
            processor = min(processor, processorTime() - before)
        }
    }
    let memory = try peakMemory()
    let inference = ExecutionPlan(graph: graph, batch: 1, mode: .inference)
    var statistics = ParameterSet()
    for layout in graph.operators where layout.statisticsCount > 0 {
        statistics[layout.id] = layout.normalizations.flatMap {
            Array(repeating: Float(0), count: $0.channels)
                + Array(repeating: Float(1), count: $0.channels)
        }
    }
    var forward: [Double] = []
    for _ in 0..<4 {
        forward.append(
            try seconds {
                _ = try executor.predict(
                    inference, parameters: parameters, statistics: statistics, input: input)
            })
    }
    print(
        "{\"name\": \"\(name)\", \"threads\": \(threads), \"step_s\": \(fastest), "
            + "\"processor_s\": \(processor), "
            + "\"fwd_s\": \(forward.dropFirst().min() ?? 0), \"peak_bytes\": \(memory), "
            + "\"arena_bytes\": \(training.peakBytes), \"set\": \"\(instructionSetName)\"}")
}

/// The blocks of a file's tensors `prefix/operator/name`.
func blocks(
    _ layouts: [OperatorLayout], in file: SafetensorsFile, _ prefix: String
) throws -> ParameterSet {
    var set = ParameterSet()
    for layout in layouts {
        set[layout.id] = try layout.parameters.flatMap { parameter in
            let name = "\(prefix)/\(layout.id)/\(parameter.name)"
            let tensor = try file.tensor(name)
            guard tensor.shape == parameter.shape else {
                throw Usage(
                    description: "\(name) is \(tensor.shape), expected \(parameter.shape)")
            }
            return tensor.elements
        }
    }
    return set
}

func compare(_ source: String, _ target: String, threads: Int) throws {
    let file = try SafetensorsFile(path: source)
    let input = try file.tensor("x")
    let size = VolumeSize(input.shape[1], input.shape[2], input.shape[3])
    let graph = catalogue.graph(of: try network(file.metadata["network"] ?? ""), input: size)
    let batch = input.shape[0]
    let labels = try file.elements(of: "labels", as: Int32.self).map(Int.init)
    let parameters = try blocks(graph.operators, in: file, "parameter")
    let executor = Executor(threads: threads)
    let step = try executor.trainingStep(
        ExecutionPlan(graph: graph, batch: batch, mode: .training), parameters: parameters,
        input: input.elements, labels: labels)
    let prediction = try executor.predict(
        ExecutionPlan(graph: graph, batch: batch, mode: .inference), parameters: parameters,
        statistics: step.statistics, input: input.elements)
    var tensors: [(name: String, shape: [Int], elements: [Float])] = [
        ("logits", step.logits.shape, step.logits.elements),
        ("evaluation_logits", prediction.logits.shape, prediction.logits.elements),
        ("loss", [1], [Float(step.loss)]),
    ]
    for layout in graph.operators {
        var start = 0
        for parameter in layout.parameters {
            let block = step.gradients?[layout.id] ?? []
            tensors.append(
                (
                    "gradient/\(layout.id)/\(parameter.name)", parameter.shape,
                    Array(block[start..<(start + parameter.count)])
                ))
            start += parameter.count
        }
        start = 0
        for normalization in layout.normalizations {
            for moment in ["mean", "variance"] {
                let block = step.statistics[layout.id] ?? []
                tensors.append(
                    (
                        "statistics/\(layout.id)/\(normalization.name).\(moment)",
                        [normalization.channels],
                        Array(block[start..<(start + normalization.channels)])
                    ))
                start += normalization.channels
            }
        }
    }
    try SafetensorsWriter.write(path: target, floats: tensors, metadata: [:])
}

func printLayout(_ name: String) throws {
    for layout in catalogue.operators(of: try network(name)) {
        for parameter in layout.parameters {
            let shape = parameter.shape.map(String.init).joined(separator: ",")
            print("\(layout.id)/\(parameter.name) [\(shape)]")
        }
    }
}

func parameters(channels: Int, classes: Int) {
    for network in BaselineNetwork.allCases {
        let graph = BaselineGraph(network, classes: classes, inputChannels: channels)
            .graph(input: VolumeSize(32, 128, 128))
        let cost = graph.cost
        print("\(network.rawValue) \(cost.parameters) \(cost.megabytes) \(cost.multiplyAdds)")
    }
}

do {
    let arguments = Array(CommandLine.arguments.dropFirst())
    switch (arguments.first, arguments.count) {
    case ("step", 3...4):
        try timeStep(
            arguments[1], threads: Int(arguments[2]) ?? 1,
            steps: arguments.count > 3 ? Int(arguments[3]) ?? 2 : 2)
    case ("compare", 4):
        try compare(arguments[1], arguments[2], threads: Int(arguments[3]) ?? 1)
    case ("layout", 2): try printLayout(arguments[1])
    case ("parameters", 3):
        parameters(channels: Int(arguments[1]) ?? 3, classes: Int(arguments[2]) ?? 3)
    default:
        throw Usage(
            description: "give step, compare, layout or parameters; see the head of main.swift")
    }
} catch {
    FileHandle.standardError.write(Data("BaselineBenchmark: \(error)\n".utf8))
    exit(1)
}
