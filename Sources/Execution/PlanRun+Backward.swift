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
        guard case .normalizeGradient(let x, let dy, let dx, let norm, let sums, let line) = next
        else { return false }
        let part = { (part: Int) in
            unsafe gradientSumsPart(part, pointer(x), pointer(dy), norm, doubles(sums))
        }
        switch instruction {
        case .productInput(_, dy, _, _, _):
            unsafe runProductInput(instruction, part: part)
        case .depthwiseInput(let above, dy, let extents, let kernel, let weights):
            unsafe depthwise(
                pointer(above), parameter(weights), pointer(dy), extents, kernel, flipped: true,
                part: part)
        default: return false
        }
        unsafe normalizeGradientFromSums(
            pointer(x), pointer(dy), pointer(dx), norm, doubles(sums), pointer(line))
        return true
    }

    @unsafe private func runProductInput(
        _ instruction: Instruction, part: ((Int) -> Void)? = nil
    ) {
        guard
            case .productInput(let dy, let dx, let product, let scratch, let accumulate) =
                instruction
        else { return }
        let (w, transposed) = unsafe (parameter(product.weights), pointer(scratch))
        split(product.inputs, grain: max(16, 16384 / product.outputs)) {
            unsafe vn_transpose(w, transposed, product.inputs, product.outputs, $0, $1)
        }
        unsafe multiply(
            rows: batch * product.rowsPerSample, inputs: product.outputs, outputs: product.inputs,
            pointer(dy), transposed, pointer(dx), accumulate: accumulate, part: part)
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
        case .normalizeGradient(let x, let dy, let dx, let norm, let sums, let line):
            unsafe normalizeGradient(
                pointer(x), pointer(dy), pointer(dx), norm, doubles(sums), pointer(line))
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
        case .depthwiseInput(let dy, let dx, let extents, let kernel, let weights):
            unsafe depthwise(
                pointer(dy), parameter(weights), pointer(dx), extents, kernel, flipped: true)
        case .depthwiseWeights(let x, let dy, let extents, let kernel, let weights):
            let reading = unsafe reading(x)
            let (x, dy, dw) = unsafe (pointer(x), pointer(dy), gradient(weights))
            let volume = volume(extents)
            split(vn_depthwise_weight_items(volume, kernel), grain: 1) {
                unsafe vn_depthwise_weights(x, reading, dy, dw, volume, kernel, $0, $1)
            }
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

    @unsafe private func normalizeGradient(
        _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
        _ norm: Instruction.Norm, _ sums: UnsafeMutablePointer<Double>,
        _ line: UnsafeMutablePointer<Float>
    ) {
        pool.run(StepPlanner.parts(rows: batch * norm.rowsPerSample)) { part in
            unsafe gradientSumsPart(part, x, dy, norm, sums)
        }
        unsafe normalizeGradientFromSums(x, dy, dx, norm, sums, line)
    }

    @unsafe private func gradientSumsPart(
        _ part: Int, _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
        _ norm: Instruction.Norm, _ sums: UnsafeMutablePointer<Double>
    ) {
        let (channels, padded) = (norm.channels, StepPlanner.padded(norm.channels))
        let rows = batch * norm.rowsPerSample
        let parts = StepPlanner.parts(rows: rows)
        let state = unsafe pointer(norm.state)
        let start = unsafe sums + 2 * part * padded
        unsafe vn_normalize_gradient_sums(
            x, dy, rows * part / parts, rows * (part + 1) / parts, channels, state,
            state + padded, state + 2 * padded, norm.layer.activation.code, start, start + padded)
    }

    @unsafe private func normalizeGradientFromSums(
        _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
        _ norm: Instruction.Norm, _ sums: UnsafeMutablePointer<Double>,
        _ line: UnsafeMutablePointer<Float>
    ) {
        let (channels, padded) = (norm.channels, StepPlanner.padded(norm.channels))
        let rows = batch * norm.rowsPerSample
        let parts = StepPlanner.parts(rows: rows)
        let activation = norm.layer.activation.code
        let state = unsafe pointer(norm.state)
        let (scale, shift, mean) = unsafe (state, state + padded, state + 2 * padded)
        let wantsParameters = unsafe !gradients.isEmpty
        unsafe vn_normalization_gradient_coefficients(
            sums, parts, padded, rows, channels, scale, state + 3 * padded,
            wantsParameters ? gradient(norm.layer.scale) : nil,
            wantsParameters ? gradient(norm.layer.shift) : nil, line, line + padded)
        split(rows, grain: max(1, 8192 / channels)) {
            unsafe vn_normalize_gradient(
                x, dy, dx, $0, $1, channels, scale, shift, mean, line, line + padded, activation)
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
