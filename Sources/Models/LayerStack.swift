internal import Graphs
internal import Tensors

/// Builds the blocks of published networks, each an operator of its own.
struct LayerStack {
    private var builder: GraphBuilder

    init(input: VolumeSize, channels: Int) {
        builder = GraphBuilder(input: input, channels: channels)
    }

    func build() -> Graph { builder.build() }

    private var channels: Int { builder.channels(of: builder.last) }

    /// What a block is made of, before it is one operator.
    private struct Parts {
        var parameters: [ParameterSpecification] = []
        var normalizations: [OperatorLayout.Normalization] = []

        /// A convolution with batch norm behind it.
        mutating func add(
            _ name: String, _ norm: String, kernel: VolumeSize, _ inputs: Int, _ outputs: Int
        ) {
            convolution(name, kernel: kernel, inputs, outputs)
            normalization(norm, outputs)
        }

        mutating func convolution(_ name: String, kernel: VolumeSize, _ inputs: Int, _ outputs: Int)
        {
            let deviation = (2 / Float(kernel.count * outputs)).squareRoot()
            parameters.append(
                ParameterSpecification(
                    name: name + ".weight",
                    shape: kernel.count == 1
                        ? [inputs, outputs] : [kernel.count, inputs, outputs],
                    initialization: .normal(standardDeviation: deviation)))
        }

        mutating func normalization(_ name: String, _ channels: Int) {
            parameters += LayerParameters.normalization(name, channels: channels)
            normalizations.append(.init(name: name, channels: channels))
        }

        func layout(_ id: String) -> OperatorLayout {
            OperatorLayout(
                id: OperatorID(id), parameters: parameters, normalizations: normalizations)
        }
    }

    private mutating func convolve(
        _ layer: GraphBuilder.Layer, _ name: String, kernel: VolumeSize, stride: VolumeSize,
        _ outputs: Int
    ) {
        if kernel.count == 1 {
            builder.pointwise(layer, name, channels: outputs, stride: stride)
        } else {
            builder.convolution(layer, name, kernel: kernel, stride: stride, channels: outputs)
        }
    }

    private mutating func normalize(
        _ layer: GraphBuilder.Layer, _ name: String, _ activation: Activation
    ) {
        builder.normalization(
            layer, name, activation: activation, epsilon: BaselineGraph.epsilon)
    }

    // MARK: - Layers

    mutating func stem(kernel: VolumeSize, stride: VolumeSize, channels: Int) {
        var parts = Parts()
        parts.add("conv", "bn", kernel: kernel, self.channels, channels)
        let layer = builder.add(parts.layout("stem"))
        convolve(layer, "conv", kernel: kernel, stride: stride, channels)
        normalize(layer, "bn", .relu)
    }

    mutating func maxPooling(kernel: Int, stride: Int) {
        builder.maxPooling(kernel: VolumeSize(cubic: kernel), stride: VolumeSize(cubic: stride))
    }

    /// One convolution of a residual block.
    private struct Step {
        let name: String
        let kernel: VolumeSize
        let stride: VolumeSize
        let channels: Int
    }

    mutating func basicBlock(_ name: String, width: Int, kernel: VolumeSize, stride: VolumeSize) {
        residualBlock(
            name,
            [
                Step(name: "1", kernel: kernel, stride: stride, channels: width),
                Step(name: "2", kernel: kernel, stride: VolumeSize(cubic: 1), channels: width),
            ], stride: stride)
    }

    mutating func bottleneck(_ name: String, width: Int, stride: VolumeSize) {
        let one = VolumeSize(cubic: 1)
        residualBlock(
            name,
            [
                Step(name: "1", kernel: one, stride: one, channels: width),
                Step(name: "2", kernel: VolumeSize(cubic: 3), stride: stride, channels: width),
                Step(name: "3", kernel: one, stride: one, channels: 4 * width),
            ], stride: stride)
    }

    /// Convolutions with batch norm, a shortcut around them (with a projection where shapes differ),
    /// and a rectifier behind their sum.
    private mutating func residualBlock(_ name: String, _ steps: [Step], stride: VolumeSize) {
        let one = VolumeSize(cubic: 1)
        let (input, inputs, outputs) = (builder.last, channels, steps.last?.channels ?? channels)
        var parts = Parts()
        var before = inputs
        for step in steps {
            parts.add(
                "conv\(step.name)", "bn\(step.name)", kernel: step.kernel, before, step.channels)
            before = step.channels
        }
        let isProjected = stride != one || inputs != outputs
        if isProjected { parts.add("projection", "projection_bn", kernel: one, inputs, outputs) }
        let layer = builder.add(parts.layout(name))
        var shortcut = input
        if isProjected {
            convolve(layer, "projection", kernel: one, stride: stride, outputs)
            normalize(layer, "projection_bn", .linear)
            shortcut = builder.last
            builder.read(from: input)
        }
        for (index, step) in steps.enumerated() {
            convolve(
                layer, "conv\(step.name)", kernel: step.kernel, stride: step.stride,
                step.channels)
            normalize(
                layer, "bn\(step.name)", index == steps.count - 1 ? .linear : .relu)
        }
        builder.sum(with: shortcut)
        builder.activation(.relu)
    }

    /// Batch norm, 1×1×1 convolution, batch norm, 3×3×3 convolution; its output is added as channels.
    mutating func denseLayer(_ name: String, growth: Int, middle: Int) {
        let (input, one, three) = (builder.last, VolumeSize(cubic: 1), VolumeSize(cubic: 3))
        var parts = Parts()
        parts.normalization("norm1", channels)
        parts.convolution("conv1", kernel: one, channels, middle)
        parts.normalization("norm2", middle)
        parts.convolution("conv2", kernel: three, middle, growth)
        let layer = builder.add(parts.layout(name))
        normalize(layer, "norm1", .relu)
        convolve(layer, "conv1", kernel: one, stride: one, middle)
        normalize(layer, "norm2", .relu)
        convolve(layer, "conv2", kernel: three, stride: one, growth)
        builder.concatenation(of: [input, builder.last])
    }

    mutating func transition(_ name: String) {
        let (outputs, one) = (channels / 2, VolumeSize(cubic: 1))
        var parts = Parts()
        parts.normalization("norm", channels)
        parts.convolution("conv", kernel: one, channels, outputs)
        let layer = builder.add(parts.layout(name))
        normalize(layer, "norm", .relu)
        convolve(layer, "conv", kernel: one, stride: one, outputs)
        builder.averagePooling(2)
    }

    mutating func finalNormalization() {
        var parts = Parts()
        parts.normalization("norm", channels)
        let layer = builder.add(parts.layout("final"))
        normalize(layer, "norm", .relu)
    }

    /// Average, dropout and a linear layer.
    ///
    /// - Parameters:
    ///   - classes: The number of classes.
    ///   - deviation: The standard deviation of the weights at the start, which then are normal and
    ///     have a bias of 0; PyTorch's default for `nil`.
    mutating func classifier(classes: Int, deviation: Float?) {
        var parameters = LayerParameters.pointwise(
            "classifier", inputs: channels, outputs: classes, bias: true)
        if let deviation {
            parameters = zip(
                parameters, [.normal(standardDeviation: deviation), .constant(0)]
            ).map { parameter, start in
                ParameterSpecification(
                    name: parameter.name, shape: parameter.shape, initialization: start)
            }
        }
        let layer = builder.add(
            OperatorLayout(
                id: OperatorID("classifier"), parameters: parameters, normalizations: []))
        builder.classifier(layer, "classifier", classes: classes)
    }
}
