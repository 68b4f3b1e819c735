package import Graphs
package import SearchSpaces
package import Tensors

/// The supernet of CovidNet3D: every candidate of every slot, of which a path uses one each.
///
/// A path is: 3×3×3 stem; a first mobile block without expansion; per slot a 1×1×1 calibration
/// with bias that carries the stride, then the chosen operation at constant width, and in every
/// block but a cell's first the calibrated input is added; a 1×1×1 feature mix; average, dropout
/// and a linear layer. `skip` passes the calibrated input on, once.
///
/// - SeeAlso: He et al., *CovidNet3D*, 2021, arXiv:2101.05442.
package struct CovidNet3DSupernet: Hashable, Sendable {
    /// What is added to the variance of every batch norm.
    package static let epsilon = 1e-3
    /// The share of a new batch in the running statistics.
    package static let momentum = 0.1

    /// The search space.
    package let space: SearchSpace
    /// The number of classes.
    package let classes: Int

    /// The supernet of a search space.
    package init(space: SearchSpace, classes: Int) {
        self.space = space
        self.classes = classes
    }

    /// Every operator of the supernet, from the input on.
    package var operators: [OperatorLayout] {
        var layouts = [stem, first]
        for slot in space.slots {
            layouts.append(calibration(slot))
            layouts.append(contentsOf: space.operations.compactMap { candidate($0, slot) })
        }
        return layouts + [mix, classifier]
    }

    /// The operators that a path touches, from the input on.
    ///
    /// - Parameter architecture: The chosen operation of every slot.
    /// - Returns: Their layouts.
    package func operators(of architecture: Architecture) -> [OperatorLayout] {
        var layouts = [stem, first]
        for (slot, operation) in zip(space.slots, architecture.operations(in: space)) {
            layouts.append(calibration(slot))
            if let layout = candidate(operation, slot) { layouts.append(layout) }
        }
        return layouts + [mix, classifier]
    }

    /// The network of a path.
    ///
    /// - Parameters:
    ///   - architecture: The chosen operation of every slot.
    ///   - input: The size of the input volume.
    /// - Returns: The graph, with as many slots as the space.
    package func graph(of architecture: Architecture, input: VolumeSize) -> Graph {
        var builder = GraphBuilder(input: input, channels: space.inputChannels)
        func norm(_ layer: GraphBuilder.Layer, _ name: String, _ activation: Activation) {
            builder.normalization(layer, name, activation: activation, epsilon: Self.epsilon)
        }

        let stemLayer = builder.add(stem)
        builder.convolution(
            stemLayer, "stem", kernel: VolumeSize(cubic: 3), stride: space.stemStride,
            channels: space.stemChannels)
        norm(stemLayer, "stem_bn", .relu6)
        let firstLayer = builder.add(first)
        builder.depthwise(firstLayer, "depthwise", kernel: 3)
        norm(firstLayer, "depthwise_bn", .relu6)
        builder.pointwise(firstLayer, "project", channels: space.firstChannels)
        norm(firstLayer, "project_bn", .linear)

        for (slot, operation) in zip(space.slots, architecture.operations(in: space)) {
            let calibrationLayer = builder.add(calibration(slot))
            builder.pointwise(
                calibrationLayer, "calibration", channels: slot.width, stride: slot.stride,
                bias: true)
            let calibrated = builder.last
            if case .mobileConvolution(let kernel, let expansion) = operation,
                let layout = candidate(operation, slot)
            {
                let layer = builder.add(layout)
                builder.pointwise(layer, "expand", channels: slot.width * expansion)
                norm(layer, "expand_bn", .relu6)
                builder.depthwise(layer, "depthwise", kernel: kernel)
                norm(layer, "depthwise_bn", .relu6)
                builder.pointwise(layer, "project", channels: slot.width)
                norm(layer, "project_bn", .linear)
                if slot.hasShortcut { builder.sum(with: calibrated) }
            }
            builder.endSlot()
        }

        let mixLayer = builder.add(mix)
        builder.pointwise(mixLayer, "mix", channels: space.featureChannels)
        norm(mixLayer, "mix_bn", .relu6)
        builder.classifier(builder.add(classifier), "classifier", classes: classes)
        return builder.build()
    }

    /// The identifier of a slot's candidate, or `nil` for an operation without parameters.
    ///
    /// - Parameters:
    ///   - operation: The candidate.
    ///   - slot: The slot.
    /// - Returns: Such as `cell3.block1.k5e4`.
    package func identifier(
        of operation: CandidateOperation, in slot: SearchSpace.Slot
    ) -> OperatorID? {
        operation == .skip ? nil : OperatorID("cell\(slot.cell).block\(slot.block).\(operation)")
    }

    private var stem: OperatorLayout {
        OperatorLayout(
            id: OperatorID("stem"),
            parameters: LayerParameters.convolution(
                "stem", taps: 27, inputs: space.inputChannels, outputs: space.stemChannels)
                + LayerParameters.normalization("stem_bn", channels: space.stemChannels),
            normalizations: [.init(name: "stem_bn", channels: space.stemChannels)])
    }

    private var first: OperatorLayout {
        mobile(
            OperatorID("first"), kernel: 3, inputs: space.stemChannels, middle: nil,
            outputs: space.firstChannels)
    }

    private var mix: OperatorLayout {
        OperatorLayout(
            id: OperatorID("mix"),
            parameters: LayerParameters.pointwise(
                "mix", inputs: space.cells.last?.width ?? space.firstChannels,
                outputs: space.featureChannels)
                + LayerParameters.normalization("mix_bn", channels: space.featureChannels),
            normalizations: [.init(name: "mix_bn", channels: space.featureChannels)])
    }

    private var classifier: OperatorLayout {
        OperatorLayout(
            id: OperatorID("classifier"),
            parameters: LayerParameters.pointwise(
                "classifier", inputs: space.featureChannels, outputs: classes, bias: true),
            normalizations: [])
    }

    private func calibration(_ slot: SearchSpace.Slot) -> OperatorLayout {
        OperatorLayout(
            id: OperatorID("cell\(slot.cell).block\(slot.block).calibration"),
            parameters: LayerParameters.pointwise(
                "calibration", inputs: slot.inputChannels, outputs: slot.width, bias: true),
            normalizations: [])
    }

    private func candidate(
        _ operation: CandidateOperation, _ slot: SearchSpace.Slot
    ) -> OperatorLayout? {
        guard case .mobileConvolution(let kernel, let expansion) = operation,
            let id = identifier(of: operation, in: slot)
        else { return nil }
        return mobile(
            id, kernel: kernel, inputs: slot.width, middle: slot.width * expansion,
            outputs: slot.width)
    }

    /// A mobile convolution: expand (unless `middle` is `nil`), depthwise, project.
    private func mobile(
        _ id: OperatorID, kernel: Int, inputs: Int, middle: Int?, outputs: Int
    ) -> OperatorLayout {
        var parameters: [ParameterSpecification] = []
        var normalizations: [OperatorLayout.Normalization] = []
        func normalize(_ name: String, _ channels: Int) {
            parameters += LayerParameters.normalization(name, channels: channels)
            normalizations.append(.init(name: name, channels: channels))
        }
        if let middle {
            parameters += LayerParameters.pointwise("expand", inputs: inputs, outputs: middle)
            normalize("expand_bn", middle)
        }
        let channels = middle ?? inputs
        parameters += LayerParameters.depthwise("depthwise", kernel: kernel, channels: channels)
        normalize("depthwise_bn", channels)
        parameters += LayerParameters.pointwise("project", inputs: channels, outputs: outputs)
        normalize("project_bn", outputs)
        return OperatorLayout(id: id, parameters: parameters, normalizations: normalizations)
    }
}
