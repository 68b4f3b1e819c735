package import Safetensors
package import Tensors

/// The reference tensors of one operation, converted from PyTorch's layout to ours.
package struct GoldenCase {
    /// The file of all operations.
    package let file: SafetensorsFile
    private let name: String

    /// The case of a name.
    ///
    /// - Parameter name: Such as `pointwise`.
    /// - Throws: `SafetensorsError` if the file cannot be read.
    package init(_ name: String) throws {
        file = try SafetensorsFile(path: GoldenFiles.path("operations.safetensors"))
        self.name = name
    }

    /// A tensor as stored.
    ///
    /// - Parameter part: Such as `weight`.
    /// - Returns: The elements and their shape.
    /// - Throws: `SafetensorsError` for an unknown name.
    package func raw(_ part: String) throws -> Tensor { try file.tensor("\(name).\(part)") }

    /// Activations: `[N, C, D, H, W]` to `[N, D, H, W, C]`.
    ///
    /// - Parameter part: Such as `x`.
    /// - Returns: The tensor with channels last.
    /// - Throws: `SafetensorsError` for an unknown name.
    package func activations(_ part: String) throws -> Tensor {
        let stored = try raw(part)
        let (samples, channels) = (stored.shape[0], stored.shape[1])
        let voxels = stored.count / (samples * channels)
        var elements: [Float] = []
        for sample in 0..<samples {
            for voxel in 0..<voxels {
                for channel in 0..<channels {
                    elements.append(
                        stored.elements[(sample * channels + channel) * voxels + voxel])
                }
            }
        }
        return Tensor(shape: [samples] + stored.shape[2...] + [channels], elements: elements)
    }

    /// Weights: `[out, in, kernel...]` to `[taps, in, out]`.
    ///
    /// - Parameters:
    ///   - part: Such as `weight`.
    ///   - shape: What to call the result's shape, with as many elements.
    /// - Returns: The reordered weights.
    /// - Throws: `SafetensorsError` for an unknown name.
    package func weights(_ part: String, shape: [Int]) throws -> Tensor {
        let stored = try raw(part)
        let (outputs, inputs) = (stored.shape[0], stored.shape[1])
        let taps = stored.count / (outputs * inputs)
        var elements = [Float](repeating: 0, count: stored.count)
        for output in 0..<outputs {
            for input in 0..<inputs {
                for tap in 0..<taps {
                    elements[(tap * inputs + input) * outputs + output] =
                        stored.elements[(output * inputs + input) * taps + tap]
                }
            }
        }
        return Tensor(shape: shape, elements: elements)
    }
}
