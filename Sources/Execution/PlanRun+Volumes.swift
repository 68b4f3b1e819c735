internal import CKernels
internal import Graphs
internal import Tensors

/// The layers of the baseline networks.
extension PlanRun {
    @unsafe func run(_ instruction: VolumeInstruction) {
        switch instruction {
        case .convolution(let x, let y, let window, let weights):
            unsafe convolve(pointer(x), parameter(weights), pointer(y), window)
        case .convolutionInput(let dy, let dx, let window, let weights, let scratch):
            unsafe convolveBack(
                pointer(dy), parameter(weights), pointer(dx), pointer(scratch), window)
        case .convolutionWeights(let x, let dy, let window, let weights):
            unsafe convolutionWeights(pointer(x), pointer(dy), gradient(weights), window)
        case .maxPooling(let x, let y, let chosen, let window):
            let (x, y, chosen) = unsafe (pointer(x), pointer(y), integers(chosen))
            let geometry = geometry(window)
            split(batch * window.output.size.depth * window.output.size.height, grain: 1) {
                unsafe vn_max_pool_rows(x, y, chosen, geometry, $0, $1)
            }
        case .maxPoolingGradient(let dy, let dx, let chosen, let window):
            let (dy, dx, chosen) = unsafe (pointer(dy), pointer(dx), integers(chosen))
            let geometry = geometry(window)
            split(batch * window.input.size.depth * window.input.size.height, grain: 1) {
                unsafe vn_max_pool_gradient_rows(dy, chosen, dx, geometry, $0, $1)
            }
        case .averagePooling(let x, let y, let window):
            let (x, y) = unsafe (pointer(x), pointer(y))
            let geometry = unpadded(window)
            split(batch * window.output.size.depth * window.output.size.height, grain: 1) {
                unsafe vn_average_pool(x, y, geometry, $0, $1)
            }
        case .averagePoolingGradient(let dy, let dx, let window):
            let (dy, dx) = unsafe (pointer(dy), pointer(dx))
            let geometry = unpadded(window)
            split(batch * window.input.size.depth * window.input.size.height, grain: 1) {
                unsafe vn_average_pool_gradient_rows(dy, dx, geometry, $0, $1)
            }
        case .activation(let x, let y, let kind, let count):
            let (x, y) = unsafe (pointer(x), pointer(y))
            let most = kind.most
            split(count, grain: 8192) { unsafe vn_rectify(x, y, $0, $1, most) }
        case .activationGradient(let y, let dy, let dx, let kind, let count):
            let (y, dy, dx) = unsafe (pointer(y), pointer(dy), pointer(dx))
            let most = kind.most
            split(count, grain: 8192) { unsafe vn_rectify_gradient(y, dy, dx, $0, $1, most) }
        case .columns(let columns):
            let source = unsafe pointer(columns.source) + columns.sourceFirst
            let target = unsafe pointer(columns.target) + columns.targetFirst
            split(columns.rows, grain: max(1, 8192 / columns.count)) {
                unsafe vn_copy_columns(
                    source, columns.sourceColumns, target, columns.targetColumns, columns.count,
                    $0, $1)
            }
        case .accumulation(let a, let b, let y, let count):
            let (a, b, y) = unsafe (pointer(a), pointer(b), pointer(y))
            split(count, grain: 8192) { unsafe vn_add(a, b, y, $0, $1) }
        }
    }

    @unsafe private func integers(_ buffer: Buffer) -> UnsafeMutablePointer<Int32> {
        unsafe UnsafeMutableRawPointer(pointer(buffer)).assumingMemoryBound(to: Int32.self)
    }

    /// A window's geometry without padding.
    private func unpadded(_ window: Instruction.Window) -> vn_convolution {
        var geometry = geometry(window)
        (geometry.pad_depth, geometry.pad_height, geometry.pad_width) = (0, 0, 0)
        return geometry
    }

    @unsafe private func convolve(
        _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
        _ window: Instruction.Window
    ) {
        let geometry = geometry(window)
        let rows = batch * window.output.size.count
        let tiles = DenseTiles(
            rows: rows, columns: window.output.channels, threads: pool.threads)
        pool.run(tiles.count) { index in
            let tile = tiles[index]
            unsafe vn_dense_convolution(
                x, w, nil, y, geometry, tile.rows.lowerBound, tile.rows.upperBound,
                tile.columns.lowerBound, tile.columns.upperBound)
        }
    }

    @unsafe private func convolveBack(
        _ dy: UnsafePointer<Float>, _ w: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
        _ transposed: UnsafeMutablePointer<Float>, _ window: Instruction.Window
    ) {
        let geometry = geometry(window)
        pool.run(window.kernel.count) {
            unsafe vn_dense_transpose(w, transposed, geometry, $0, $0 + 1)
        }
        var parts: [(residue: Int, tile: DenseTiles.Tile)] = []
        for residue in 0..<vn_dense_classes(geometry) {
            let tiles = DenseTiles(
                rows: vn_dense_class_rows(geometry, residue), columns: window.input.channels,
                threads: pool.threads)
            for index in 0..<tiles.count { parts.append((residue, tiles[index])) }
        }
        pool.run(parts.count) { index in
            let (residue, tile) = parts[index]
            unsafe vn_dense_input_gradient(
                dy, transposed, dx, geometry, residue, tile.rows.lowerBound,
                tile.rows.upperBound, tile.columns.lowerBound, tile.columns.upperBound)
        }
    }

    @unsafe private func convolutionWeights(
        _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ dw: UnsafeMutablePointer<Float>,
        _ window: Instruction.Window
    ) {
        let geometry = geometry(window)
        let parts = DenseWeightParts(
            kernel: window.kernel, inputs: window.input.channels,
            outputs: window.output.channels)
        pool.run(parts.count) { index in
            let part = parts[index]
            unsafe vn_dense_weight_gradient(
                x, dy, dw, geometry, part.taps.lowerBound, part.taps.upperBound,
                part.inputs.lowerBound, part.inputs.upperBound, part.outputs.lowerBound,
                part.outputs.upperBound)
        }
    }
}

extension Activation {
    /// The largest value that passes.
    fileprivate var most: Float { self == .relu6 ? 6 : .infinity }
}

/// The output of a dense convolution in tiles for threads; the split does not change any bit.
private struct DenseTiles {
    struct Tile {
        let rows: Range<Int>
        let columns: Range<Int>
    }

    private let rows: Int
    private let columns: Int
    private let down: Int
    private let across: Int

    init(rows: Int, columns: Int, threads: Int) {
        self.rows = rows
        self.columns = columns
        // Blocks of 96 voxels share what they load; few voxels are split by channels instead.
        down = max(1, min((rows + 95) / 96, 8 * threads))
        across =
            threads > 1 && down < 2 * threads
            ? max(1, min((columns + 63) / 64, (2 * threads + down - 1) / down)) : 1
    }

    var count: Int { down * across }

    subscript(index: Int) -> Tile {
        let (row, column) = (index / across, index % across)
        // Whole blocks of voxels and whole vectors of channels.
        func cut(_ place: Int, _ parts: Int, of count: Int, _ unit: Int) -> Int {
            let units = (count + unit - 1) / unit
            return min(units * place / parts * unit, count)
        }
        let height = rows >= 96 * down ? 96 : 6
        return Tile(
            rows: cut(row, down, of: rows, height)..<cut(row + 1, down, of: rows, height),
            columns: cut(
                column, across, of: columns, 64)..<cut(
                    column + 1, across, of: columns, 64))
    }
}

/// The weight gradient of a dense convolution in parts that each pass once over the volume.
private struct DenseWeightParts {
    struct Part {
        let taps: Range<Int>
        let inputs: Range<Int>
        let outputs: Range<Int>
    }

    private let parts: [Part]

    init(kernel: VolumeSize, inputs: Int, outputs: Int) {
        let plane = kernel.height * kernel.width
        let (tall, wide) = (inputs <= 64 ? 32 : 64, 256)
        var parts: [Part] = []
        for tap in stride(from: 0, to: kernel.count, by: plane) {
            for input in stride(from: 0, to: inputs, by: tall) {
                for output in stride(from: 0, to: outputs, by: wide) {
                    parts.append(
                        Part(
                            taps: tap..<(tap + plane), inputs: input..<min(input + tall, inputs),
                            outputs: output..<min(output + wide, outputs)))
                }
            }
        }
        self.parts = parts
    }

    var count: Int { parts.count }

    subscript(index: Int) -> Part { parts[index] }
}
