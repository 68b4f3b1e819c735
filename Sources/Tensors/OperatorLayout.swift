/// One named tensor inside an operator's flat block of parameters.
package struct ParameterSpecification: Hashable, Sendable {
    /// How a parameter starts.
    package enum Initialization: Hashable, Sendable {
        /// Uniform in `±bound`; PyTorch's default for convolutions is `1/sqrt(fan in)`.
        case uniform(bound: Float)
        /// Normal with mean 0.
        case normal(standardDeviation: Float)
        /// Every element the same.
        case constant(Float)
    }

    /// The name within the operator, such as `expand.weight`.
    package let name: String
    /// The extents, in the engine's layout (depthwise `[K³, C]`, pointwise `[in, out]`).
    package let shape: [Int]
    /// How the parameter starts.
    package let initialization: Initialization

    /// A parameter description.
    package init(name: String, shape: [Int], initialization: Initialization) {
        self.name = name
        self.shape = shape
        self.initialization = initialization
    }

    /// The number of elements.
    package var count: Int { shape.reduce(1, *) }
}

/// The order of an operator's parameters in its flat block, and of its batch-norm statistics.
package struct OperatorLayout: Hashable, Sendable {
    /// A batch norm of the operator: its name and number of channels.
    package struct Normalization: Hashable, Sendable {
        /// The name within the operator, such as `expand_bn`.
        package let name: String
        /// The number of channels.
        package let channels: Int

        /// A batch norm description.
        package init(name: String, channels: Int) {
            self.name = name
            self.channels = channels
        }
    }

    /// The operator that this layout describes.
    package let id: OperatorID
    /// The parameters, in the order of the flat block.
    package let parameters: [ParameterSpecification]
    /// The batch norms; the statistics block holds mean then variance of each, in this order.
    package let normalizations: [Normalization]

    /// A layout of the given parameters and batch norms.
    package init(
        id: OperatorID, parameters: [ParameterSpecification], normalizations: [Normalization]
    ) {
        self.id = id
        self.parameters = parameters
        self.normalizations = normalizations
    }

    /// The number of floats in the parameter block.
    package var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }

    /// The number of floats in the statistics block: a mean and a variance per channel.
    package var statisticsCount: Int { normalizations.reduce(0) { $0 + 2 * $1.channels } }

    /// Where a parameter lies in the flat block, or `nil` for an unknown name.
    package func range(of name: String) -> Range<Int>? {
        var start = 0
        for parameter in parameters {
            if parameter.name == name { return start..<(start + parameter.count) }
            start += parameter.count
        }
        return nil
    }
}
