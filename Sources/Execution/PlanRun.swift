internal import CKernels
internal import Graphs
internal import Tensors

/// One execution of a plan: its pointers, and the loop over its instructions.
///
/// Pointers are valid while the caller holds the arrays open; nothing here outlives the call.
@safe struct PlanRun {
    let plan: ExecutionPlan
    let pool: ComputePool
    let arena: UnsafeMutablePointer<Float>
    let input: UnsafePointer<Float>
    let parameters: [UnsafePointer<Float>]
    let recorded: [UnsafePointer<Float>]
    let statistics: [UnsafeMutablePointer<Float>]
    let gradients: [UnsafeMutablePointer<Float>]

    @unsafe init(
        plan: ExecutionPlan, pool: ComputePool, arena: UnsafeMutablePointer<Float>,
        input: UnsafePointer<Float>, parameters: [UnsafePointer<Float>],
        recorded: [UnsafePointer<Float>], statistics: [UnsafeMutablePointer<Float>],
        gradients: [UnsafeMutablePointer<Float>]
    ) {
        self.plan = plan
        self.pool = pool
        unsafe self.arena = arena
        unsafe self.input = input
        unsafe self.parameters = parameters
        unsafe self.recorded = recorded
        unsafe self.statistics = statistics
        unsafe self.gradients = gradients
    }

    var batch: Int { plan.batch }

    @unsafe func pointer(_ buffer: Buffer) -> UnsafeMutablePointer<Float> {
        unsafe arena + plan.offsets[buffer.index]
    }

    @unsafe func pointer(_ source: Instruction.Source) -> UnsafePointer<Float> {
        switch source {
        case .input: unsafe input
        case .buffer(let buffer), .normalized(let buffer, _): unsafe UnsafePointer(pointer(buffer))
        }
    }

    /// How a kernel reads the source.
    @unsafe func reading(_ source: Instruction.Source) -> vn_reading {
        guard case .normalized(_, let norm) = source else { return unsafe vn_reading() }
        let state = unsafe UnsafePointer(pointer(norm.state))
        return unsafe vn_reading(
            scale: state, shift: state + StepPlanner.padded(norm.channels),
            activation: norm.layer.activation.code)
    }

    @unsafe func doubles(_ buffer: Buffer) -> UnsafeMutablePointer<Double> {
        unsafe UnsafeMutableRawPointer(pointer(buffer)).assumingMemoryBound(to: Double.self)
    }

    @unsafe func parameter(_ reference: ParameterReference) -> UnsafePointer<Float> {
        unsafe parameters[reference.layer] + reference.range.lowerBound
    }

    @unsafe func gradient(_ reference: ParameterReference) -> UnsafeMutablePointer<Float> {
        unsafe gradients[reference.layer] + reference.range.lowerBound
    }

    /// A copy of the first `count` floats of a buffer.
    func floats(_ buffer: Buffer, _ count: Int) -> [Float] {
        unsafe Array(UnsafeBufferPointer(start: pointer(buffer), count: count))
    }

    func volume(_ volume: Instruction.Volume) -> vn_volume { volume.forKernels(batch: batch) }

    func geometry(_ window: Instruction.Window) -> vn_convolution {
        vn_convolution(
            input: volume(window.input), out_depth: window.output.size.depth,
            out_height: window.output.size.height, out_width: window.output.size.width,
            out_channels: window.output.channels, kernel_depth: window.kernel.depth,
            kernel_height: window.kernel.height, kernel_width: window.kernel.width,
            stride_depth: window.stride.depth, stride_height: window.stride.height,
            stride_width: window.stride.width, pad_depth: window.kernel.depth / 2,
            pad_height: window.kernel.height / 2, pad_width: window.kernel.width / 2)
    }

    /// Runs `body` on ranges that cover `0..<count`, a few per thread and no shorter than `grain`.
    func split(_ count: Int, grain: Int, _ body: (Int, Int) -> Void) {
        let parts = max(1, min(pool.threads * 4, count / max(grain, 1)))
        if pool.threads == 1 {
            body(0, count)
        } else {
            pool.run(parts) { body(count * $0 / parts, count * ($0 + 1) / parts) }
        }
    }
}

// MARK: - Forward

extension PlanRun {
    func forward(dropout: Dropout?) {
        var index = 0
        while index < plan.forward.count {
            if index + 1 < plan.forward.count,
                unsafe runWithMoments(plan.forward[index], plan.forward[index + 1])
            {
                index += 2
            } else {
                unsafe run(plan.forward[index], dropout: dropout)
                index += 1
            }
        }
    }

    /// Runs a convolution and the moments of its output, part by part while the part is in the
    /// cache; `false` if the two are anything else.
    @unsafe private func runWithMoments(_ instruction: Instruction, _ next: Instruction) -> Bool {
        guard case .moments(let output, let norm, let scratch) = next else { return false }
        let part = { (part: Int) in
            unsafe momentsPart(part, pointer(output), norm, doubles(scratch))
        }
        switch instruction {
        case .product(let x, let y, let product) where y == output:
            let bias = unsafe product.bias.map { unsafe parameter($0) }
            unsafe multiply(
                rows: batch * product.rowsPerSample, inputs: product.inputs,
                outputs: product.outputs, pointer(x), reading: reading(x),
                parameter(product.weights), pointer(y), bias: bias, part: part)
        case .depthwise(let x, let y, let extents, let kernel, let weights) where y == output:
            unsafe depthwise(
                pointer(x), reading: reading(x), parameter(weights), pointer(y), extents, kernel,
                part: part)
        case .convolution(let x, let y, let window, let weights) where y == output:
            unsafe convolve(
                pointer(x), parameter(weights), pointer(y), geometry(window),
                rows: batch * norm.rowsPerSample, part: part)
        default: return false
        }
        unsafe momentsTotal(norm, doubles(scratch))
        return true
    }

    @unsafe private func run(_ instruction: Instruction, dropout: Dropout?) {
        switch instruction {
        case .convolution(let x, let y, let window, let weights):
            unsafe convolve(
                pointer(x), parameter(weights), pointer(y), geometry(window),
                rows: batch * window.output.size.count, part: nil)
        case .gather(let x, let y, let window):
            let (x, y) = unsafe (pointer(x), pointer(y))
            let geometry = geometry(window)
            split(batch * window.output.size.depth * window.output.size.height, grain: 16) {
                unsafe vn_gather_strided(x, y, geometry, $0, $1)
            }
        case .product(let x, let y, let product):
            let bias = unsafe product.bias.map { unsafe parameter($0) }
            unsafe multiply(
                rows: batch * product.rowsPerSample, inputs: product.inputs,
                outputs: product.outputs, pointer(x), reading: reading(x),
                parameter(product.weights), pointer(y), bias: bias)
        case .depthwise(let x, let y, let extents, let kernel, let weights):
            unsafe depthwise(
                pointer(x), reading: reading(x), parameter(weights), pointer(y), extents, kernel)
        case .moments(let x, let norm, let scratch):
            unsafe moments(pointer(x), norm, doubles(scratch))
        case .constants(let norm):
            unsafe constants(norm)
        case .normalize(let x, let residual, let y, let norm):
            let (x, y, state) = unsafe (pointer(x), pointer(y), pointer(norm.state))
            let added = unsafe residual.map { unsafe pointer($0) }
            let (channels, padded) = (norm.channels, StepPlanner.padded(norm.channels))
            let activation = norm.layer.activation.code
            split(batch * norm.rowsPerSample, grain: max(1, 8192 / channels)) {
                unsafe vn_normalize(
                    x, added, y, $0, $1, channels, state, state + padded, activation)
            }
        case .sum(let a, let b, let y, let count):
            let (a, b, y) = unsafe (pointer(a), pointer(b), pointer(y))
            split(count, grain: 8192) { unsafe vn_add(a, b, y, $0, $1) }
        case .globalAverage(let x, let y, let extents):
            let (x, y) = unsafe (pointer(x), pointer(y))
            split(batch, grain: 1) {
                unsafe vn_global_average(x, y, extents.size.count, extents.channels, $0, $1)
            }
        case .dropout(let x, let mask, let count):
            if let dropout { unsafe drop(pointer(x), mask: pointer(mask), count, dropout) }
        case .linear(let x, let y, let inputs, let outputs, let weights, let bias):
            unsafe vn_linear(
                pointer(x), parameter(weights), parameter(bias), pointer(y), inputs, outputs, 0,
                batch)
        case .volume(let instruction): unsafe run(instruction)
        default: preconditionFailure("not a forward instruction")
        }
    }

    /// `y = x · w + bias`, split into tiles that the caches hold.
    ///
    /// `part` is called once for every part that sums over these rows are taken in, after the
    /// part's rows are computed.
    @unsafe func multiply(
        rows: Int, inputs: Int, outputs: Int, _ x: UnsafePointer<Float>,
        reading: vn_reading = unsafe vn_reading(), _ w: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, bias: UnsafePointer<Float>? = nil,
        accumulate: Bool = false, part: ((Int) -> Void)? = nil
    ) {
        let tallest = rows >= 4096 ? 192 : rows >= 768 ? 96 : rows >= 128 ? 48 : rows
        let widest =
            rows >= 768
            ? outputs
            : rows >= 128
                ? (outputs >= 384 ? 192 : 96)
                : (outputs >= 384 ? 96 : 48)
        let parts = StepPlanner.parts(rows: rows)
        if let part, widest == outputs, parts > 2 {
            pool.run(parts) { index in
                let (start, end) = (rows * index / parts, rows * (index + 1) / parts)
                for row in stride(from: start, to: end, by: tallest) {
                    unsafe vn_matrix_multiply(
                        row, min(row + tallest, end), 0, outputs, inputs, x, inputs, reading,
                        w, outputs, y, outputs, bias, accumulate ? 1 : 0)
                }
                part(index)
            }
            return
        }
        let across = (outputs + widest - 1) / widest
        let down = (rows + tallest - 1) / tallest
        pool.run(across * down) { tile in
            let (row, column) = (tile / across * tallest, tile % across * widest)
            unsafe vn_matrix_multiply(
                row, min(row + tallest, rows), column, min(column + widest, outputs), inputs, x,
                inputs, reading, w, outputs, y, outputs, bias, accumulate ? 1 : 0)
        }
        if let part { pool.run(parts, part) }
    }

    /// A dense convolution; `part` is called as in ``multiply``.
    @unsafe private func convolve(
        _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
        _ geometry: vn_convolution, rows: Int, part: ((Int) -> Void)?
    ) {
        // The kernel takes whole rows of the volume.
        let lines = rows / geometry.out_width
        let parts = StepPlanner.parts(rows: rows)
        if let part, lines % parts == 0 {
            pool.run(parts) { index in
                unsafe vn_direct_convolution(
                    x, w, y, geometry, lines * index / parts, lines * (index + 1) / parts)
                part(index)
            }
            return
        }
        split(lines, grain: 8) { unsafe vn_direct_convolution(x, w, y, geometry, $0, $1) }
        if let part { pool.run(parts, part) }
    }

    @unsafe private func depthwise(
        _ x: UnsafePointer<Float>, reading: vn_reading = unsafe vn_reading(),
        _ w: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ extents: Instruction.Volume,
        _ kernel: Int, part: ((Int) -> Void)? = nil
    ) {
        let volume = volume(extents)
        let items = vn_depthwise_items(volume)
        let parts = StepPlanner.parts(rows: batch * extents.size.count)
        // Whole samples, when they hold whole parts and keep every thread busy.
        if let part, parts % batch == 0, batch % pool.threads == 0 {
            pool.run(batch) { sample in
                unsafe vn_depthwise(
                    x, reading, w, y, volume, kernel, items * sample / batch,
                    items * (sample + 1) / batch)
                for index in parts * sample / batch..<parts * (sample + 1) / batch { part(index) }
            }
            return
        }
        split(items, grain: 1) {
            unsafe vn_depthwise(x, reading, w, y, volume, kernel, $0, $1)
        }
        if let part { pool.run(parts, part) }
    }

    @unsafe private func moments(
        _ x: UnsafePointer<Float>, _ norm: Instruction.Norm, _ sums: UnsafeMutablePointer<Double>
    ) {
        pool.run(StepPlanner.parts(rows: batch * norm.rowsPerSample)) { part in
            unsafe momentsPart(part, x, norm, sums)
        }
        unsafe momentsTotal(norm, sums)
    }

    @unsafe private func momentsPart(
        _ part: Int, _ x: UnsafePointer<Float>, _ norm: Instruction.Norm,
        _ sums: UnsafeMutablePointer<Double>
    ) {
        let (channels, padded) = (norm.channels, StepPlanner.padded(norm.channels))
        let rows = batch * norm.rowsPerSample
        let parts = StepPlanner.parts(rows: rows)
        let start = unsafe sums + 2 * part * padded
        unsafe vn_moments(
            x, rows * part / parts, rows * (part + 1) / parts, channels, start, start + padded)
    }

    @unsafe private func momentsTotal(
        _ norm: Instruction.Norm, _ sums: UnsafeMutablePointer<Double>
    ) {
        let (channels, padded) = (norm.channels, StepPlanner.padded(norm.channels))
        let rows = batch * norm.rowsPerSample
        let state = unsafe pointer(norm.state)
        let layer = norm.layer
        let record = unsafe statistics[layer.statistics.layer]
        unsafe vn_normalization_coefficients(
            sums, StepPlanner.parts(rows: rows), padded, rows, channels, parameter(layer.scale),
            parameter(layer.shift), layer.epsilon, state, state + padded, state + 2 * padded,
            state + 3 * padded, record + layer.statistics.variance.lowerBound)
        unsafe (record + layer.statistics.mean.lowerBound)
            .update(from: state + 2 * padded, count: channels)
    }

    @unsafe private func constants(_ norm: Instruction.Norm) {
        let padded = StepPlanner.padded(norm.channels)
        let state = unsafe pointer(norm.state)
        let layer = norm.layer
        let record = unsafe recorded[layer.statistics.layer]
        unsafe vn_normalization_constants(
            record + layer.statistics.mean.lowerBound,
            record + layer.statistics.variance.lowerBound, norm.channels,
            parameter(layer.scale), parameter(layer.shift), layer.epsilon, state, state + padded,
            state + 2 * padded, state + 3 * padded)
    }

    @unsafe private func drop(
        _ x: UnsafeMutablePointer<Float>, mask: UnsafeMutablePointer<Float>, _ count: Int,
        _ dropout: Dropout
    ) {
        var stream = dropout.stream
        let threshold = UInt32(min(max(dropout.rate, 0) * 0x1p32, 0x1p32 - 1))
        let kept = Float(1 / (1 - dropout.rate))
        for index in 0..<count {
            unsafe mask[index] = stream.next() >= threshold ? kept : 0
            unsafe x[index] *= mask[index]
        }
    }
}

extension Instruction.Volume {
    fileprivate func forKernels(batch: Int) -> vn_volume {
        vn_volume(
            samples: batch, depth: size.depth, height: size.height, width: size.width,
            channels: channels)
    }

    /// The parts in which the gradients of a depthwise convolution on the volume are computed.
    func depthwiseGradientItems(batch: Int) -> Int {
        vn_depthwise_gradient_items(forKernels(batch: batch))
    }
}

extension Activation {
    /// The C kernels' number of the activation.
    var code: Int32 {
        switch self {
        case .linear: Int32(VN_LINEAR)
        case .relu: Int32(VN_RELU)
        case .relu6: Int32(VN_RELU6)
        }
    }
}
