internal import Graphs
internal import Tensors

/// The layers of the baseline networks.
extension StepPlanner {
    mutating func emit(volume instruction: VolumeInstruction) {
        for buffer in instruction.buffers { buffers.touch(buffer, at: time) }
        forward.append(.volume(instruction))
    }

    private mutating func emitBack(volume instruction: VolumeInstruction) {
        for buffer in instruction.buffers { buffers.touch(buffer, at: time) }
        backward.append(.volume(instruction))
    }

    private func window(
        _ index: Int, _ kernel: VolumeSize, _ stride: VolumeSize
    ) -> Instruction.Window {
        Instruction.Window(
            input: volume(graph.nodes[index].inputs[0]), output: volume(index), kernel: kernel,
            stride: stride)
    }

    mutating func planVolumeForward(_ index: Int) {
        let node = graph.nodes[index]
        let input = node.inputs[0]
        switch node.kind {
        case .activation(let kind):
            // No other kind of node needs its own output to go back.
            let isAlone = consumers[input].count == 1 && graph.nodes[input].slot == nil
            let output = isAlone ? value(input) : buffers.buffer(batch * node.count)
            emit(volume: .activation(value(input), output, kind, count: batch * node.count))
            values[index] = .buffer(output)
        case .maxPooling(let kernel, let stride):
            let (output, chosen) = (
                buffers.buffer(batch * node.count), buffers.buffer(batch * node.count)
            )
            self.chosen[index] = chosen
            emit(
                volume: .maxPooling(
                    value(input), output, chosen: chosen, window(index, kernel, stride)))
            values[index] = .buffer(output)
        case .averagePooling(let extent):
            let output = buffers.buffer(batch * node.count)
            emit(volume: .averagePooling(value(input), output, window(index, extent, extent)))
            values[index] = .buffer(output)
        case .concatenation:
            let output = buffers.buffer(batch * node.count)
            var first = 0
            for part in node.inputs {
                let channels = graph.nodes[part].channels
                emit(
                    volume: .columns(
                        .init(
                            source: values[part], sourceColumns: channels, sourceFirst: 0,
                            target: output, targetColumns: node.channels, targetFirst: first,
                            count: channels, rows: batch * node.size.count)))
                first += channels
            }
            values[index] = .buffer(output)
        default: preconditionFailure("not a layer of volumes")
        }
    }

    mutating func planVolumeBackward(
        _ index: Int, _ gradient: Buffer, _ gradients: inout Gradients
    ) {
        let node = graph.nodes[index]
        let input = node.inputs[0]
        switch node.kind {
        case .activation(let kind):
            let isShared = gradients.isRead(gradient, before: index)
            let result = isShared ? buffers.buffer(batch * node.count) : gradient
            emitBack(
                volume: .activationGradient(
                    value(index), gradient, result, kind, count: batch * node.count))
            deliver(result, to: input, from: index, &gradients)
        case .maxPooling(let kernel, let stride):
            guard let chosen = chosen[index] else { preconditionFailure("nothing was chosen") }
            let result = buffers.buffer(batch * graph.nodes[input].count)
            emitBack(
                volume: .maxPoolingGradient(
                    gradient, result, chosen: chosen, window(index, kernel, stride)))
            deliver(result, to: input, from: index, &gradients)
        case .averagePooling(let extent):
            let result = buffers.buffer(batch * graph.nodes[input].count)
            emitBack(
                volume: .averagePoolingGradient(gradient, result, window(index, extent, extent)))
            deliver(result, to: input, from: index, &gradients)
        case .concatenation:
            var first = 0
            for part in node.inputs {
                let channels = graph.nodes[part].channels
                let result = buffers.buffer(batch * graph.nodes[part].count)
                emitBack(
                    volume: .columns(
                        .init(
                            source: .buffer(gradient), sourceColumns: node.channels,
                            sourceFirst: first, target: result, targetColumns: channels,
                            targetFirst: 0, count: channels, rows: batch * node.size.count)))
                deliver(result, to: part, from: index, &gradients)
                first += channels
            }
        default: preconditionFailure("not a layer of volumes")
        }
    }

    /// Both gradients of a convolution between many channels.
    mutating func planBackwardConvolution(
        _ index: Int, _ gradient: Buffer, _ weights: ParameterReference, _ kernel: VolumeSize,
        _ stride: VolumeSize, _ gradients: inout Gradients
    ) {
        let input = graph.nodes[index].inputs[0]
        let window = window(index, kernel, stride)
        emitBack(volume: .convolutionWeights(values[input], gradient, window, weights))
        let result = buffers.buffer(batch * graph.nodes[input].count)
        let transposed = buffers.buffer(weights.range.count)
        emitBack(volume: .convolutionInput(gradient, result, window, weights, transposed))
        deliver(result, to: input, from: index, &gradients)
    }

    /// Adds to the gradient of a node's output, which several later nodes may read.
    ///
    /// - Parameters:
    ///   - part: What one reader adds. Others may hold the same buffer, so it is only written where
    ///     none does.
    ///   - input: The node that is read.
    ///   - index: The reader, which is being visited; those before it are still to come.
    ///   - gradients: The gradients that are known so far.
    mutating func deliver(
        _ part: Buffer, to input: Int, from index: Int, _ gradients: inout Gradients
    ) {
        guard input != 0 else { return }
        guard let known = gradients[input] else {
            gradients[input] = part
            return
        }
        let count = batch * graph.nodes[input].count
        let target: Buffer
        if !gradients.isShared(known, by: input, visiting: index - 1) {
            target = known
        } else if !gradients.isRead(part, before: index) {
            target = part
        } else {
            target = buffers.buffer(count)
        }
        emitBack(volume: .accumulation(known, part, target, count: count))
        gradients[input] = target
    }
}
