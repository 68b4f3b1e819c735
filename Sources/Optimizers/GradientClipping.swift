internal import Kernels
package import Tensors

/// Scales gradients down when their common norm is too large.
package enum GradientClipping {
    /// The Euclidean norm of all gradients, summed in double in the order of operator identifiers.
    ///
    /// - Parameter gradients: The gradients.
    /// - Returns: The norm.
    package static func norm(of gradients: ParameterSet) -> Double {
        var sum = 0.0
        for id in gradients.operators {
            if let block = gradients[id] { sum += sumOfSquares(block) }
        }
        return sum.squareRoot()
    }

    /// The factor that brings the norm down to `limit`, as PyTorch's `clip_grad_norm_`.
    ///
    /// - Parameters:
    ///   - norm: The gradients' norm.
    ///   - limit: The largest norm that is let through.
    /// - Returns: 1, or less.
    package static func scale(norm: Double, limit: Double) -> Float {
        Float(min(limit / (norm + 1e-6), 1))
    }
}
