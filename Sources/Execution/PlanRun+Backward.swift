internal import CKernels
internal import Graphs
internal import Kernels
internal import Tensors

extension PlanRun {
    /// Runs the backward instructions and returns the mean loss.
    func backward(
        labels: [Int], loss: LossConfiguration, wanted: StepOutputs, dropsOut: Bool,
        slotProducts: inout [Float]
    ) -> Double {
        var value = 0.0
        let wantsParameters = wanted.contains(.gradients)
        let wantsProducts = wanted.contains(.slotProducts)
        // The loss itself comes first and is always wanted.
        let end =
            wantsParameters ? plan.backward.count : wantsProducts ? plan.slotProductsEnd : 1
        var index = 0
        while index < end {
            let instruction = plan.backward[index]
            index += 1
            if instruction.isForParameters, !wantsParameters { continue }
            if index < end, unsafe runWithGradientSums(instruction, plan.backward[index]) {
                index += 1
                continue
            }
            switch instruction {
            case .loss(let logits, let gradient):
                let result = crossEntropy(
                    logits: floats(logits, batch * plan.graph.classes), labels: labels,
                    classes: plan.graph.classes, labelSmoothing: loss.labelSmoothing,
                    classWeights: loss.classWeights)
                value = result.loss
                unsafe pointer(gradient).update(
                    from: result.gradient, count: result.gradient.count)
            case .slotProduct(let slot, let y, let dy, let count, let scratch):
                guard wantsProducts else { continue }
                slotProducts[slot] = unsafe dot(pointer(y), pointer(dy), count, doubles(scratch))
            case .dropoutGradient(let dy, let mask, let count):
                guard dropsOut else { continue }
                let (dy, mask) = unsafe (pointer(dy), pointer(mask))
                for index in 0..<count { unsafe dy[index] *= mask[index] }
            default: unsafe runBackward(instruction)
            }
        }
        return value
    }

    /// Runs the input gradient of a convolution and the batch norm's gradient behind it, whose sums
    /// are taken part by part while the part is in the cache; `false` if the two are anything else.
    @unsafe private func runWithGradientSums(
        _ instruction: Instruction, _ next: Instruction
    ) -> Bool {
        guard case .normalizeGradient(let gradient, let dx, let sums) = next else { return false }
        let part = { (part: Int) in unsafe gradientSumsPart(part, gradient, doubles(sums)) }
        switch instruction {
        case .productInput(_, gradient.dy, _, _, _):
            unsafe runProductInput(instruction, part: part)
        case .depthwiseGradients(_, _, gradient.dy, _, _, _, _):
            unsafe runDepthwiseGradients(instruction, part: part)
        default: return false
        }
        unsafe normalizeGradientFromSums(gradient, dx, doubles(sums))
        return true
    }

    @unsafe private func runProductInput(
        _ instruction: Instruction, part: ((Int) -> Void)? = nil
    ) {
        guard
            case .productInput(
                let above, let result, let product, let scratch, let accumulate) = instruction
        else { return }
        let (w, transposed) = unsafe (parameter(product.weights), pointer(scratch))
        let (dy, dx) = unsafe (pointer(above), pointer(result))
        let rows = batch * product.rowsPerSample
        let (inputs, outputs) = (product.inputs, product.outputs)
        guard product.transposesActivations(batch: batch) else {
            unsafe transpose(w, to: transposed, rows: inputs, columns: outputs)
            unsafe multiply(
                rows: rows, inputs: outputs, outputs: inputs, dy, transposed, dx,
                accumulate: accumulate, part: part)
            return
        }
        // The same sums in the same order, of operands that have changed places.
        let below = unsafe transposed + rows * outputs
        unsafe transpose(dy, to: transposed, rows: rows, columns: outputs)
        if accumulate { unsafe transpose(dx, to: below, rows: rows, columns: inputs) }
        unsafe multiply(
            rows: inputs, inputs: outputs, outputs: rows, w, transposed, below,
            accumulate: accumulate)
        unsafe transpose(below, to: dx, rows: inputs, columns: rows)
        if let part { pool.run(StepPlanner.parts(rows: rows), part) }
    }

    @unsafe private func transpose(
        _ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, rows: Int,
        columns: Int
    ) {
        split(rows, grain: max(16, 16384 / columns)) {
            unsafe vn_transpose(source, target, rows, columns, $0, $1)
        }
    }

    @unsafe private func runBackward(_ instruction: Instruction) {
        switch instruction {
        case .linearWeights(let x, let dy, let inputs, let outputs, let weights, let bias):
            unsafe vn_linear_weight_gradient(
                pointer(x), pointer(dy), gradient(weights), gradient(bias), batch, inputs, outputs)
        case .linearInput(let dy, let dx, let inputs, let outputs, let weights):
            unsafe vn_linear_input_gradient(
                pointer(dy), parameter(weights), pointer(dx), inputs, outputs, 0, batch)
        case .globalAverageGradient(let dy, let dx, let extents):
            let (dy, dx) = unsafe (pointer(dy), pointer(dx))
            split(batch, grain: 1) {
                unsafe vn_global_average_gradient(
                    dy, dx, extents.size.count, extents.channels, $0, $1)
            }
        case .normalizeGradient(let gradient, let dx, let sums):
            pool.run(StepPlanner.parts(rows: batch * gradient.norm.rowsPerSample)) { part in
                unsafe gradientSumsPart(part, gradient, doubles(sums))
            }
            unsafe normalizeGradientFromSums(gradient, dx, doubles(sums))
        case .productInput: unsafe runProductInput(instruction)
        case .productWeights(let x, let dy, let product):
            unsafe productWeights(
                pointer(x), reading: reading(x), pointer(dy), gradient(product.weights), product)
        case .productBias(let dy, let product, let scratch):
            guard let bias = product.bias else { return }
            unsafe columnSums(
                pointer(dy), batch * product.rowsPerSample, product.outputs, doubles(scratch),
                gradient(bias))
        case .scatter(let dy, let dx, let window):
            let (dy, dx) = unsafe (pointer(dy), pointer(dx))
            let geometry = geometry(window)
            split(batch * window.input.size.depth * window.input.size.height, grain: 16) {
                unsafe vn_scatter_strided(dy, dx, geometry, $0, $1)
            }
        case .depthwiseGradients: unsafe runDepthwiseGradients(instruction)
        case .convolutionWeights(let x, let dy, let window, let weights, let scratch):
            let (x, dy, partial) = unsafe (pointer(x), pointer(dy), pointer(scratch))
            let geometry = geometry(window)
            split(vn_direct_convolution_weight_items(geometry), grain: 1) {
                unsafe vn_direct_convolution_weights(x, dy, partial, geometry, $0, $1)
            }
            let count = weights.range.count
            unsafe vn_sum_parts(partial, gradient(weights), batch, count, 0, count)
        case .volume(let instruction): unsafe run(instruction)
        default: preconditionFailure("not a backward instruction")
        }
    }

    @unsafe private func runDepthwiseGradients(
        _ instruction: Instruction, part: ((Int) -> Void)? = nil
    ) {
        guard
            case .depthwiseGradients(
                let input, let above, let result, let extents, let kernel, let weights,
                let scratch) = instruction
        else { return }
        let (reading, gradient) = unsafe (reading(input), gradientReading(above))
        let (x, dy, w) = unsafe (pointer(input), pointer(above), parameter(weights))
        let dx = unsafe result.map { unsafe pointer($0) }
        let partial = unsafe gradients.isEmpty ? nil : pointer(scratch)
        let volume = volume(extents)
        let items = vn_depthwise_gradient_items(volume)
        let blocks = StepPlanner.padded(extents.channels) / 16
        let parts = StepPlanner.parts(rows: batch * extents.size.count)
        // Whole samples, when they hold whole parts and keep every thread busy.
        if let part, parts % batch == 0, items == batch * blocks, batch % pool.threads == 0 {
            pool.run(batch) { sample in
                unsafe vn_depthwise_gradients(
                    x, reading, dy, gradient, w, dx, partial, volume, kernel, blocks * sample,
                    blocks * (sample + 1))
                for index in parts * sample / batch..<parts * (sample + 1) / batch { part(index) }
            }
        } else {
            split(items, grain: 1) {
                unsafe vn_depthwise_gradients(
                    x, reading, dy, gradient, w, dx, partial, volume, kernel, $0, $1)
            }
            if let part { pool.run(parts, part) }
        }
        guard let partial = unsafe partial else { return }
        let dw = unsafe self.gradient(weights)
        split(blocks, grain: 4) {
            unsafe vn_depthwise_weight_sums(partial, dw, volume, kernel, $0, $1)
        }
    }

    @unsafe private func pointer(
        _ source: Instruction.GradientSource
    ) -> UnsafeMutablePointer<Float> {
        switch source {
        case .buffer(let dy): unsafe pointer(dy)
        case .normalized(let gradient): unsafe pointer(gradient.dy)
        }
    }

    /// How a kernel reads the gradient.
    @unsafe private func gradientReading(
        _ source: Instruction.GradientSource
    ) -> vn_gradient_reading {
        guard case .normalized(let gradient) = source else { return unsafe vn_gradient_reading() }
        let padded = StepPlanner.padded(gradient.norm.channels)
        let state = unsafe UnsafePointer(pointer(gradient.norm.state))
        let line = unsafe UnsafePointer(pointer(gradient.line))
        return unsafe vn_gradient_reading(
            x: pointer(gradient.x), scale: state, shift: state + padded, mean: state + 2 * padded,
            slope: line, offset: line + padded, activation: gradient.norm.layer.activation.code)
    }

    @unsafe private func gradientSumsPart(
        _ part: Int, _ gradient: Instruction.NormGradient, _ sums: UnsafeMutablePointer<Double>
    ) {
        let norm = gradient.norm
        let (channels, padded) = (norm.channels, StepPlanner.padded(norm.channels))
        let rows = batch * norm.rowsPerSample
        let parts = StepPlanner.parts(rows: rows)
        let state = unsafe pointer(norm.state)
        let start = unsafe sums + 2 * part * padded
        unsafe vn_normalize_gradient_sums(
            pointer(gradient.x), pointer(gradient.dy), rows * part / parts,
            rows * (part + 1) / parts, channels, state, state + padded, state + 2 * padded,
            norm.layer.activation.code, start, start + padded)
    }

    @unsafe private func normalizeGradientFromSums(
        _ gradient: Instruction.NormGradient, _ result: Buffer?,
        _ sums: UnsafeMutablePointer<Double>
    ) {
        let norm = gradient.norm
        let (channels, padded) = (norm.channels, StepPlanner.padded(norm.channels))
        let rows = batch * norm.rowsPerSample
        let (state, line) = unsafe (pointer(norm.state), pointer(gradient.line))
        let wantsParameters = unsafe !gradients.isEmpty
        unsafe vn_normalization_gradient_coefficients(
            sums, StepPlanner.parts(rows: rows), padded, rows, channels, state, state + 3 * padded,
            wantsParameters ? self.gradient(norm.layer.scale) : nil,
            wantsParameters ? self.gradient(norm.layer.shift) : nil, line, line + padded)
        guard let result else { return }
        let (x, dy, dx) = unsafe (pointer(gradient.x), pointer(gradient.dy), pointer(result))
        let activation = norm.layer.activation.code
        split(rows, grain: max(1, 8192 / channels)) {
            unsafe vn_normalize_gradient(
                x, dy, dx, $0, $1, channels, state, state + padded, state + 2 * padded, line,
                line + padded, activation)
        }
    }

    @unsafe private func productWeights(
        _ x: UnsafePointer<Float>, reading: vn_reading, _ dy: UnsafePointer<Float>,
        _ dw: UnsafeMutablePointer<Float>, _ product: Instruction.Product
    ) {
        let rows = batch * product.rowsPerSample
        let (inputs, outputs) = (product.inputs, product.outputs)
        let tallest = inputs >= 96 ? 48 : inputs >= 48 ? 24 : 12
        let widest = outputs >= 192 ? 96 : 48
        let across = (outputs + widest - 1) / widest
        let down = (inputs + tallest - 1) / tallest
        pool.run(across * down) { tile in
            let (row, column) = (tile / across * tallest, tile % across * widest)
            unsafe vn_matrix_multiply_transposed(
                row, min(row + tallest, inputs), column, min(column + widest, outputs), rows, x,
                inputs, reading, dy, outputs, dw, outputs)
        }
    }

    @unsafe private func columnSums(
        _ x: UnsafePointer<Float>, _ rows: Int, _ channels: Int,
        _ sums: UnsafeMutablePointer<Double>, _ total: UnsafeMutablePointer<Float>
    ) {
        let padded = StepPlanner.padded(channels)
        let parts = StepPlanner.parts(rows: rows)
        pool.run(parts) { part in
            unsafe vn_column_sums(
                x, rows * part / parts, rows * (part + 1) / parts, channels, sums + part * padded)
        }
        unsafe vn_total_sums(sums, parts, padded, channels, total)
    }

    @unsafe private func dot(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int,
        _ scratch: UnsafeMutablePointer<Double>
    ) -> Float {
        let parts = StepPlanner.dotParts
        pool.run(parts) { part in
            unsafe scratch[part] = vn_dot(a, b, count * part / parts, count * (part + 1) / parts)
        }
        return Float((0..<parts).reduce(0.0) { unsafe $0 + scratch[$1] })
    }
}
