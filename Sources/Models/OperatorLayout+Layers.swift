internal import Tensors

/// The parameters of layers, with PyTorch's default initialisation.
///
/// PyTorch draws weights and biases of convolutions and linear layers uniformly in
/// `±1/sqrt(fan in)` (Kaiming with a = √5), and starts batch norms with scale 1 and shift 0.
enum LayerParameters {
    static func convolution(
        _ name: String, taps: Int, inputs: Int, outputs: Int
    ) -> [ParameterSpecification] {
        [weight(name, [taps, inputs, outputs], fanIn: taps * inputs)]
    }

    static func pointwise(
        _ name: String, inputs: Int, outputs: Int, bias: Bool = false
    ) -> [ParameterSpecification] {
        let weights = weight(name, [inputs, outputs], fanIn: inputs)
        guard bias else { return [weights] }
        return [
            weights,
            ParameterSpecification(
                name: name + ".bias", shape: [outputs], initialization: weights.initialization),
        ]
    }

    static func depthwise(_ name: String, kernel: Int, channels: Int) -> [ParameterSpecification] {
        let taps = kernel * kernel * kernel
        return [weight(name, [taps, channels], fanIn: taps)]
    }

    static func normalization(_ name: String, channels: Int) -> [ParameterSpecification] {
        [
            ParameterSpecification(
                name: name + ".weight", shape: [channels], initialization: .constant(1)),
            ParameterSpecification(
                name: name + ".bias", shape: [channels], initialization: .constant(0)),
        ]
    }

    private static func weight(_ name: String, _ shape: [Int], fanIn: Int) -> ParameterSpecification
    {
        ParameterSpecification(
            name: name + ".weight", shape: shape,
            initialization: .uniform(bound: 1 / Float(fanIn).squareRoot()))
    }
}
