internal import Graphs
internal import Tensors

/// One call of the engine for layers that only baseline networks have.
enum VolumeInstruction: Sendable {
    typealias Source = Instruction.Source
    typealias Window = Instruction.Window

    /// x, y: a convolution between many channels.
    case convolution(Source, Buffer, Window, ParameterReference)
    /// dy, dx, scratch for the transposed weights.
    case convolutionInput(Buffer, Buffer, Window, ParameterReference, Buffer)
    /// x, dy.
    case convolutionWeights(Source, Buffer, Window, ParameterReference)
    /// x, y, the voxels that were chosen.
    case maxPooling(Buffer, Buffer, chosen: Buffer, Window)
    /// dy, dx.
    case maxPoolingGradient(Buffer, Buffer, chosen: Buffer, Window)
    /// x, y.
    case averagePooling(Buffer, Buffer, Window)
    /// dy, dx.
    case averagePoolingGradient(Buffer, Buffer, Window)
    /// x, y, which may be the same.
    case activation(Buffer, Buffer, Activation, count: Int)
    /// y, dy, dx, of which the last two may be the same.
    case activationGradient(Buffer, Buffer, Buffer, Activation, count: Int)
    /// Columns from a matrix into another of as many rows.
    case columns(Columns)
    /// a, b and their sum, which may be either.
    case accumulation(Buffer, Buffer, Buffer, count: Int)

    /// Which columns are copied where.
    struct Columns: Sendable {
        let source: Instruction.Source
        let sourceColumns: Int
        let sourceFirst: Int
        let target: Buffer
        let targetColumns: Int
        let targetFirst: Int
        let count: Int
        let rows: Int
    }

    /// The buffers that it touches.
    var buffers: [Buffer] {
        func some(_ source: Source) -> [Buffer] {
            if case .buffer(let buffer) = source { [buffer] } else { [] }
        }
        return switch self {
        case .convolution(let x, let y, _, _): some(x) + [y]
        case .convolutionInput(let dy, let dx, _, _, let scratch): [dy, dx, scratch]
        case .convolutionWeights(let x, let dy, _, _): some(x) + [dy]
        case .maxPooling(let x, let y, let chosen, _): [x, y, chosen]
        case .maxPoolingGradient(let dy, let dx, let chosen, _): [dy, dx, chosen]
        case .averagePooling(let x, let y, _): [x, y]
        case .averagePoolingGradient(let dy, let dx, _): [dy, dx]
        case .activation(let x, let y, _, _): [x, y]
        case .activationGradient(let y, let dy, let dx, _, _): [y, dy, dx]
        case .columns(let columns): some(columns.source) + [columns.target]
        case .accumulation(let a, let b, let y, _): [a, b, y]
        }
    }
}
