import Graphs
import Tensors

/// A layer's shape, which decides what its kernels have to do.
enum KernelCase: Hashable {
    case pointwise(rows: Int, inputs: Int, outputs: Int)
    case depthwise(samples: Int, size: VolumeSize, channels: Int, kernel: Int)
    case stem(samples: Int, input: VolumeSize, output: VolumeSize, channels: Int)
    case normalization(rows: Int, channels: Int)
    case update(count: Int)

    /// Every layer of a network, and the update of its parameters.
    static func cases(of graph: Graph, batch: Int) -> [KernelCase] {
        var cases: [KernelCase] = []
        for node in graph.nodes {
            guard let first = node.inputs.first else { continue }
            let input = graph.nodes[first]
            switch node.kind {
            case .pointwise:
                cases.append(
                    .pointwise(
                        rows: batch * node.size.count, inputs: input.channels,
                        outputs: node.channels))
            case .depthwise(_, let kernel):
                cases.append(
                    .depthwise(
                        samples: batch, size: node.size, channels: node.channels, kernel: kernel))
            case .convolution where first == 0:
                cases.append(
                    .stem(
                        samples: batch, input: input.size, output: node.size,
                        channels: node.channels))
            case .normalization:
                cases.append(
                    .normalization(rows: batch * node.size.count, channels: node.channels))
            default: break
            }
        }
        return cases + [.update(count: graph.cost.parameters)]
    }

    /// The shape for a table.
    var shape: String {
        switch self {
        case .pointwise(let rows, let inputs, let outputs): "\(rows)x\(inputs)->\(outputs)"
        case .depthwise(let samples, let size, let channels, let kernel):
            "\(samples)x\(size.depth)x\(size.height)x\(size.width)x\(channels) k\(kernel)"
        case .stem(let samples, let input, _, let channels):
            "\(samples)x\(input.depth)x\(input.height)x\(input.width)->\(channels)"
        case .normalization(let rows, let channels): "\(rows)x\(channels)"
        case .update(let count): "\(count)"
        }
    }

    /// Floats of the largest array that a kernel of this shape reads or writes.
    var largestArray: Int {
        switch self {
        case .pointwise(let rows, let inputs, let outputs):
            max(rows * max(inputs, outputs), inputs * outputs)
        case .depthwise(let samples, let size, let channels, let kernel):
            // The input's gradient, and the parts of the weights' one behind it.
            samples * (size.count + kernel * kernel * kernel) * (channels + 15)
        case .stem(let samples, let input, let output, let channels):
            samples * max(input.count, max(output.count, 27) * channels)
        case .normalization(let rows, let channels): rows * channels
        case .update(let count): count
        }
    }
}

/// One direction of a layer.
struct KernelPass {
    let kernel: String
    let pass: String
    /// Floating-point operations on real data; taps in the padding do not count.
    let operations: Double
    /// Bytes that must be read and written at least once.
    let bytes: Double
    let run: (KernelScratch) -> Void
}
