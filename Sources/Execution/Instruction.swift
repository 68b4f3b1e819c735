internal import Graphs
internal import Tensors

/// One call of the engine on buffers of the arena.
enum Instruction: Sendable {
    /// Where an instruction reads activations: the caller's input, a buffer, or what a batch norm
    /// makes of a buffer, computed by whoever reads it.
    enum Source: Hashable, Sendable {
        case input
        case buffer(Buffer)
        case normalized(Buffer, Norm)

        /// The activations' buffer, `nil` for the caller's input.
        var buffer: Buffer? {
            switch self {
            case .input: nil
            case .buffer(let buffer), .normalized(let buffer, _): buffer
            }
        }

        /// The state of the batch norm that is applied while reading.
        var state: Buffer? {
            if case .normalized(_, let norm) = self { norm.state } else { nil }
        }
    }

    /// Where an instruction reads the gradient of a node's output: a buffer, or what the gradient of
    /// the batch norm behind the node makes of a buffer, computed by whoever reads it.
    enum GradientSource: Hashable, Sendable {
        case buffer(Buffer)
        case normalized(NormGradient)
    }

    /// What a batch norm's gradient is made of: its input, the gradient of its output, and the line
    /// that it adds.
    struct NormGradient: Hashable, Sendable {
        let x: Buffer
        let dy: Buffer
        let norm: Norm
        let line: Buffer
    }

    /// A batch of volumes.
    struct Volume: Hashable, Sendable {
        let size: VolumeSize
        let channels: Int
    }

    /// A window that moves over a volume.
    struct Window: Hashable, Sendable {
        let input: Volume
        let output: Volume
        let kernel: VolumeSize
        let stride: VolumeSize
    }

    /// A matrix product over all voxels of the batch.
    struct Product: Hashable, Sendable {
        let rowsPerSample: Int
        let inputs: Int
        let outputs: Int
        let weights: ParameterReference
        let bias: ParameterReference?

        /// Whether the input's gradient transposes activations instead of the weights: the fewer values.
        func transposesActivations(batch: Int) -> Bool {
            batch * rowsPerSample * (inputs + outputs) < inputs * outputs
        }

        /// Floats of what the input's gradient transposes.
        func transposedCount(batch: Int) -> Int {
            min(batch * rowsPerSample * (inputs + outputs), inputs * outputs)
        }
    }

    /// A batch norm: its description, extents and the buffer with its scale, shift, mean and
    /// inverse deviation.
    struct Norm: Hashable, Sendable {
        let layer: NodeKind.Normalization
        let rowsPerSample: Int
        let channels: Int
        let state: Buffer
    }

    case convolution(Source, Buffer, Window, ParameterReference)
    case gather(Source, Buffer, Window)
    case product(Source, Buffer, Product)
    case depthwise(Source, Buffer, Volume, kernel: Int, ParameterReference)
    /// Batch statistics of a buffer into the norm's state; the buffer last is scratch.
    case moments(Buffer, Norm, Buffer)
    /// Recorded statistics into the norm's state.
    case constants(Norm)
    case normalize(Buffer, residual: Source?, Buffer, Norm)
    case sum(Source, Source, Buffer, count: Int)
    case globalAverage(Source, Buffer, Volume)
    case dropout(Buffer, mask: Buffer, count: Int)
    case linear(Buffer, Buffer, inputs: Int, outputs: Int, ParameterReference, ParameterReference)
    /// Loss and the gradient of the logits.
    case loss(Buffer, Buffer)

    case linearWeights(
        Buffer, Buffer, inputs: Int, outputs: Int, ParameterReference, ParameterReference)
    case linearInput(Buffer, Buffer, inputs: Int, outputs: Int, ParameterReference)
    case dropoutGradient(Buffer, mask: Buffer, count: Int)
    case globalAverageGradient(Buffer, Buffer, Volume)
    /// The gradients of scale and shift, and dx unless whoever reads it computes it; the last buffer is
    /// scratch.
    case normalizeGradient(NormGradient, Buffer?, Buffer)
    /// dy, dx, scratch for what is transposed.
    case productInput(Buffer, Buffer, Product, Buffer, accumulate: Bool)
    case productWeights(Source, Buffer, Product)
    /// dy, scratch.
    case productBias(Buffer, Product, Buffer)
    case scatter(Buffer, Buffer, Window)
    /// x, dy, dx unless nobody wants it, scratch for the weights' gradient.
    case depthwiseGradients(
        Source, GradientSource, Buffer?, Volume, kernel: Int, ParameterReference, Buffer)
    /// x, dy, scratch.
    case convolutionWeights(Source, Buffer, Window, ParameterReference, Buffer)
    case slotProduct(Int, Buffer, Buffer, count: Int, Buffer)
    /// Layers of the baseline networks, forward and backward.
    case volume(VolumeInstruction)

    /// Whether it is only for the gradients of parameters.
    var isForParameters: Bool {
        switch self {
        case .linearWeights, .productWeights, .productBias, .convolutionWeights:
            true
        case .volume(.convolutionWeights): true
        default: false
        }
    }
}
