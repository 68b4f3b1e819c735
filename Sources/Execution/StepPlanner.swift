internal import Graphs
internal import Tensors

/// Turns a graph into instructions, noting the lifetime of every buffer.
struct StepPlanner {
    let graph: Graph
    let batch: Int
    let mode: ExecutionMode

    var forward: [Instruction] = []
    var backward: [Instruction] = []
    var buffers = BufferPlanner()
    private(set) var logits = Buffer(index: 0)
    private(set) var features: Buffer?
    private(set) var slotProductsEnd = 0

    /// The output of each node.
    var values: [Instruction.Source]
    /// The dense input of a strided product, and the norm states, masks, by node.
    private var gathered: [Int: Buffer] = [:]
    private var norms: [Int: Instruction.Norm] = [:]
    private var masks: [Int: Buffer] = [:]
    /// Gradients of node outputs that their one reader computes.
    private var deferred: [Int: Instruction.NormGradient] = [:]
    /// The voxels that a maximum chose, by node.
    var chosen: [Int: Buffer] = [:]
    /// Sums that were fused into the normalisation before them.
    private var fused: Set<Int> = []
    let consumers: [[Int]]

    init(graph: Graph, batch: Int, mode: ExecutionMode) {
        self.graph = graph
        self.batch = batch
        self.mode = mode
        values = Array(repeating: .input, count: graph.nodes.count)
        var consumers: [[Int]] = Array(repeating: [], count: graph.nodes.count)
        for (index, node) in graph.nodes.enumerated() {
            for input in node.inputs { consumers[input].append(index) }
        }
        self.consumers = consumers
    }

    mutating func plan() {
        for index in graph.nodes.indices.dropFirst() { planForward(index) }
        if case .buffer(let buffer) = values[graph.nodes.count - 1] { logits = buffer }
        if case .buffer(let buffer) = values[graph.features] { features = buffer }
        if mode == .training { planBackward() }
        // The results are read after the last instruction.
        buffers.touch(logits, at: time)
        if mode == .inference, let features { buffers.touch(features, at: time) }
    }

    var time: Int { forward.count + backward.count }

    private mutating func emit(_ instruction: Instruction, _ used: Buffer?...) {
        for buffer in used.compactMap(\.self) { buffers.touch(buffer, at: time) }
        forward.append(instruction)
    }

    private mutating func emitBack(_ instruction: Instruction, _ used: Buffer?...) {
        for buffer in used.compactMap(\.self) { buffers.touch(buffer, at: time) }
        backward.append(instruction)
    }

    /// The buffer of a node that is not the input.
    func value(_ index: Int) -> Buffer {
        guard case .buffer(let buffer) = values[index] else {
            preconditionFailure("a value is needed that no instruction writes")
        }
        return buffer
    }

    func volume(_ index: Int) -> Instruction.Volume {
        Instruction.Volume(size: graph.nodes[index].size, channels: graph.nodes[index].channels)
    }

    /// The number of fixed parts that a sum over `rows` is taken in: a part is summed while it is in the
    /// cache.
    static func parts(rows: Int) -> Int { rows >= 1024 ? max(16, min(256, rows / 512)) : 2 }

    static func padded(_ channels: Int) -> Int { (channels + 15) / 16 * 16 }

    /// Scratch for `fields` double sums per channel and part.
    private mutating func sumScratch(rows: Int, channels: Int, fields: Int) -> Buffer {
        buffers.buffer(2 * fields * Self.parts(rows: rows) * Self.padded(channels))
    }
}

// MARK: - Forward

extension StepPlanner {
    private mutating func planForward(_ index: Int) {
        let node = graph.nodes[index]
        let input = node.inputs[0]
        let source = values[input]
        switch node.kind {
        case .input: preconditionFailure("only the first node is the input")
        case .convolution(let weights, let kernel, let stride):
            let output = buffers.buffer(batch * node.count)
            let window = Instruction.Window(
                input: volume(input), output: volume(index), kernel: kernel, stride: stride)
            if input == 0 {
                emit(.convolution(source, output, window, weights), source.buffer, output)
            } else {
                emit(volume: .convolution(source, output, window, weights))
            }
            values[index] = .buffer(output)
        case .pointwise(let weights, let bias, let stride):
            var dense = source
            if stride != VolumeSize(cubic: 1) {
                let window = self.window(index, stride: stride)
                let copy = buffers.buffer(batch * node.size.count * graph.nodes[input].channels)
                emit(.gather(source, copy, window), source.buffer, copy)
                gathered[index] = copy
                dense = .buffer(copy)
            }
            let output = buffers.buffer(batch * node.count)
            emit(
                .product(dense, output, product(index, weights, bias)), dense.buffer, dense.state,
                output)
            values[index] = .buffer(output)
        case .depthwise(let weights, let kernel):
            let output = buffers.buffer(batch * node.count)
            emit(
                .depthwise(source, output, volume(index), kernel: kernel, weights),
                source.buffer, source.state, output)
            values[index] = .buffer(output)
        case .normalization(let layer):
            planNormalization(index, layer)
        case .activation, .maxPooling, .averagePooling, .concatenation:
            planVolumeForward(index)
        case .sum:
            if fused.contains(index) {
                values[index] = source
            } else {
                let output = buffers.buffer(batch * node.count)
                let other = values[node.inputs[1]]
                emit(
                    .sum(source, other, output, count: batch * node.count), source.buffer,
                    other.buffer, output)
                values[index] = .buffer(output)
            }
        case .globalAverage:
            let output = buffers.buffer(batch * node.count)
            emit(.globalAverage(source, output, volume(input)), source.buffer, output)
            values[index] = .buffer(output)
        case .dropout:
            values[index] = source
            guard mode == .training else { break }
            let mask = buffers.buffer(batch * node.count)
            masks[index] = mask
            emit(
                .dropout(value(input), mask: mask, count: batch * node.count), value(input), mask)
        case .linear(let weights, let bias):
            let output = buffers.buffer(batch * node.count)
            emit(
                .linear(
                    value(input), output, inputs: graph.nodes[input].channels,
                    outputs: node.channels, weights, bias), value(input), output)
            values[index] = .buffer(output)
        }
    }

    private func window(_ index: Int, stride: VolumeSize) -> Instruction.Window {
        let input = graph.nodes[index].inputs[0]
        let inside = volume(input)
        return Instruction.Window(
            input: inside,
            output: Instruction.Volume(size: graph.nodes[index].size, channels: inside.channels),
            kernel: VolumeSize(cubic: 1), stride: stride)
    }

    private func product(
        _ index: Int, _ weights: ParameterReference, _ bias: ParameterReference?
    ) -> Instruction.Product {
        let node = graph.nodes[index]
        return Instruction.Product(
            rowsPerSample: node.size.count, inputs: graph.nodes[node.inputs[0]].channels,
            outputs: node.channels, weights: weights, bias: bias)
    }

    /// Whether everything that reads a batch norm's output can apply it while reading.
    private func isReadByConvolutions(_ index: Int) -> Bool {
        guard graph.nodes[index].slot == nil, index != graph.features else { return false }
        return !consumers[index].isEmpty
            && consumers[index].allSatisfy { reader in
                switch graph.nodes[reader].kind {
                case .depthwise: true
                case .pointwise(_, _, let stride): stride == VolumeSize(cubic: 1)
                default: false
                }
            }
    }

    private mutating func planNormalization(_ index: Int, _ layer: NodeKind.Normalization) {
        let node = graph.nodes[index]
        let rows = batch * node.size.count
        let input = value(node.inputs[0])
        let norm = Instruction.Norm(
            layer: layer, rowsPerSample: node.size.count, channels: node.channels,
            state: buffers.buffer(4 * Self.padded(node.channels)))
        norms[index] = norm
        if mode == .inference {
            emit(.constants(norm), norm.state)
        } else {
            let scratch = sumScratch(rows: rows, channels: node.channels, fields: 2)
            // Written while the convolution before it runs, if that is run together with it.
            buffers.touch(scratch, at: time - 1)
            emit(.moments(input, norm, scratch), input, norm.state, scratch)
        }
        if isReadByConvolutions(index) {
            values[index] = .normalized(input, norm)
            return
        }
        // A sum that directly follows is added in the same pass.
        var residual: Instruction.Source?
        if consumers[index].count == 1, let next = consumers[index].first,
            graph.nodes[next].kind == .sum, graph.nodes[next].inputs[0] == index,
            graph.nodes[next].inputs[1] < index
        {
            residual = values[graph.nodes[next].inputs[1]]
            fused.insert(next)
        }
        // Only the backward pass, or another reader, needs what went in.
        let isLast = consumers[node.inputs[0]].count == 1
        let output = mode == .training || !isLast ? buffers.buffer(batch * node.count) : input
        emit(
            .normalize(input, residual: residual, output, norm), input,
            residual?.buffer, output, norm.state)
        values[index] = .buffer(output)
    }
}

// MARK: - Backward

extension StepPlanner {
    /// The gradients of node outputs that are known so far.
    ///
    /// Several nodes may share a buffer, because a sum hands on its own gradient unchanged.
    struct Gradients {
        private var buffers: [Int: Buffer] = [:]

        /// Whether a node to be visited before `index` reads the buffer.
        func isRead(_ buffer: Buffer, before index: Int) -> Bool {
            buffers.contains { $0.key < index && $0.value == buffer }
        }

        subscript(node: Int) -> Buffer? {
            get { buffers[node] }
            set { buffers[node] = newValue }
        }

        /// Whether a node other than `node`, still to be visited, reads the same buffer.
        func isShared(_ buffer: Buffer, by node: Int, visiting index: Int) -> Bool {
            buffers.contains { $0.key != node && $0.key <= index && $0.value == buffer }
        }
    }

    private mutating func planBackward() {
        var gradients = Gradients()
        let top = buffers.buffer(batch * graph.classes)
        emitBack(.loss(logits, top), logits, top)
        gradients[graph.nodes.count - 1] = top
        for index in graph.nodes.indices.reversed() {
            guard let gradient = gradients[index] else { continue }
            let node = graph.nodes[index]
            if let slot = node.slot {
                let scratch = buffers.buffer(2 * Self.dotParts)
                emitBack(
                    .slotProduct(
                        slot, value(index), gradient, count: batch * node.count, scratch),
                    value(index), gradient, scratch)
                slotProductsEnd = backward.count
            }
            planBackward(index, gradient, &gradients)
        }
    }

    /// The number of fixed parts of a dot product.
    static let dotParts = 16

    /// Whether a batch norm may leave the gradient of its input, a node, to the node's own gradient.
    private func isReadByDepthwiseGradient(_ index: Int) -> Bool {
        guard case .depthwise = graph.nodes[index].kind else { return false }
        return consumers[index].count == 1 && graph.nodes[index].slot == nil
    }

    private mutating func planBackward(
        _ index: Int, _ gradient: Buffer, _ gradients: inout Gradients
    ) {
        let node = graph.nodes[index]
        guard let input = node.inputs.first else { return }
        let source = values[input]
        let wantsInput = input != 0
        switch node.kind {
        case .input: break
        case .linear(let weights, let bias):
            let inputs = graph.nodes[input].channels
            emitBack(
                .linearWeights(
                    value(input), gradient, inputs: inputs, outputs: node.channels, weights, bias),
                value(input), gradient)
            let result = buffers.buffer(batch * inputs)
            emitBack(
                .linearInput(gradient, result, inputs: inputs, outputs: node.channels, weights),
                gradient, result)
            gradients[input] = result
        case .dropout:
            if let mask = masks[index] {
                emitBack(
                    .dropoutGradient(gradient, mask: mask, count: batch * node.count), gradient,
                    mask)
            }
            gradients[input] = gradient
        case .globalAverage:
            let result = buffers.buffer(batch * graph.nodes[input].count)
            emitBack(.globalAverageGradient(gradient, result, volume(input)), gradient, result)
            gradients[input] = result
        case .sum:
            for other in node.inputs { deliver(gradient, to: other, from: index, &gradients) }
        case .activation, .maxPooling, .averagePooling, .concatenation:
            planVolumeBackward(index, gradient, &gradients)
        case .normalization:
            guard let norm = norms[index] else { preconditionFailure("no state for a batch norm") }
            let rows = batch * node.size.count
            let sums = sumScratch(rows: rows, channels: node.channels, fields: 2)
            let line = buffers.buffer(2 * Self.padded(node.channels))
            // Written while the convolution behind it runs, if that is run together with it.
            buffers.touch(sums, at: time - 1)
            let parts = Instruction.NormGradient(
                x: value(input), dy: gradient, norm: norm, line: line)
            if isReadByDepthwiseGradient(input) {
                emitBack(
                    .normalizeGradient(parts, nil, sums), parts.x, gradient, norm.state, sums, line)
                deferred[input] = parts
                gradients[input] = gradient
                break
            }
            let shared = gradients.isShared(gradient, by: index, visiting: index)
            let result = shared ? buffers.buffer(batch * node.count) : gradient
            emitBack(
                .normalizeGradient(parts, result, sums), parts.x, gradient, result, norm.state,
                sums, line)
            deliver(result, to: input, from: index, &gradients)
        case .pointwise(let weights, let bias, let stride):
            planBackwardProduct(
                index, gradient, product(index, weights, bias), stride, &gradients)
        case .depthwise(let weights, let kernel):
            precondition(gradients[input] == nil, "a depthwise input has another reader")
            let partial = buffers.buffer(
                volume(index).depthwiseGradientItems(batch: batch) * 16 * kernel * kernel * kernel)
            let result = wantsInput ? buffers.buffer(batch * node.count) : nil
            let behind = deferred[index]
            emitBack(
                .depthwiseGradients(
                    source, behind.map { .normalized($0) } ?? .buffer(gradient), result,
                    volume(index), kernel: kernel, weights, partial),
                source.buffer, source.state, gradient, behind?.x, behind?.norm.state, behind?.line,
                result, partial)
            gradients[input] = result
        case .convolution(let weights, let kernel, let stride):
            if wantsInput {
                planBackwardConvolution(index, gradient, weights, kernel, stride, &gradients)
                break
            }
            let window = Instruction.Window(
                input: volume(input), output: volume(index), kernel: kernel, stride: stride)
            let scratch = buffers.buffer(batch * weights.range.count)
            emitBack(
                .convolutionWeights(source, gradient, window, weights, scratch),
                source.buffer, gradient, scratch)
        }
    }

    private mutating func planBackwardProduct(
        _ index: Int, _ gradient: Buffer, _ product: Instruction.Product, _ stride: VolumeSize,
        _ gradients: inout Gradients
    ) {
        let input = graph.nodes[index].inputs[0]
        let dense = gathered[index].map(Instruction.Source.buffer) ?? values[input]
        emitBack(
            .productWeights(dense, gradient, product), dense.buffer, dense.state, gradient)
        if product.bias != nil {
            let scratch = sumScratch(
                rows: batch * product.rowsPerSample, channels: product.outputs, fields: 1)
            emitBack(.productBias(gradient, product, scratch), gradient, scratch)
        }
        guard input != 0 else { return }
        let transposed = buffers.buffer(product.transposedCount(batch: batch))
        let isDense = stride == VolumeSize(cubic: 1)
        if isDense, let known = gradients[input],
            !gradients.isShared(known, by: input, visiting: index - 1)
        {
            emitBack(
                .productInput(gradient, known, product, transposed, accumulate: true), gradient,
                known, transposed)
            return
        }
        let result = buffers.buffer(batch * product.rowsPerSample * product.inputs)
        emitBack(
            .productInput(gradient, result, product, transposed, accumulate: false), gradient,
            result, transposed)
        if isDense {
            deliver(result, to: input, from: index, &gradients)
        } else {
            let spread = buffers.buffer(batch * graph.nodes[input].count)
            emitBack(.scatter(result, spread, window(index, stride: stride)), result, spread)
            deliver(spread, to: input, from: index, &gradients)
        }
    }
}
