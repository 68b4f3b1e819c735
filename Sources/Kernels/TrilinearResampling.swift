package import Tensors

/// Resamples volumes trilinearly with half-pixel centres and clamped edges.
///
/// Voxel `i` of `n` sits at `(i + 0.5) / n`, as in PyTorch with `align_corners=False`.
///
/// - Parameters:
///   - input: `[N, D, H, W, C]`.
///   - size: The size to resample to.
/// - Returns: `[N, size, C]`.
package func trilinearResampling(_ input: Tensor, to size: VolumeSize) -> Tensor {
    let extents = Extents(input.shape)
    let (from, channels) = (extents.size, extents.channels)
    var output: [Float] = []
    output.reserveCapacity(extents.samples * size.count * channels)
    forEachCorner(from, size, samples: extents.samples) { corners in
        for channel in 0..<channels {
            output.append(
                Float(
                    corners.reduce(0.0) {
                        $0 + $1.weight * Double(input.elements[$1.voxel * channels + channel])
                    }))
        }
    }
    return Tensor(shape: extents.shape(size, channels: channels), elements: output)
}

/// The gradient of ``trilinearResampling(_:to:)``.
///
/// - Parameters:
///   - outputGradient: The gradient of the output.
///   - shape: The shape of the forward pass's input.
/// - Returns: The gradient of the input.
package func trilinearResamplingGradient(_ outputGradient: Tensor, inputShape shape: [Int])
    -> Tensor
{
    let extents = Extents(shape)
    let channels = extents.channels
    var gradient = [Double](repeating: 0, count: extents.rows * channels)
    var voxel = 0
    forEachCorner(extents.size, Extents(outputGradient.shape).size, samples: extents.samples) {
        corners in
        for corner in corners {
            for channel in 0..<channels {
                gradient[corner.voxel * channels + channel] +=
                    corner.weight * Double(outputGradient.elements[voxel * channels + channel])
            }
        }
        voxel += 1
    }
    return Tensor(shape: shape, elements: gradient.map { Float($0) })
}

/// An input voxel and its share in an output voxel.
private typealias Corner = (voxel: Int, weight: Double)

/// Calls `body` with the eight corners of each output voxel, in order.
private func forEachCorner(
    _ from: VolumeSize, _ to: VolumeSize, samples: Int, _ body: ([Corner]) -> Void
) {
    func axis(_ input: Int, _ output: Int) -> [[Corner]] {
        (0..<output).map { place in
            let position = (Double(place) + 0.5) * Double(input) / Double(output) - 0.5
            let clamped = max(position, 0)
            let low = min(Int(clamped), input - 1)
            let share = clamped - Double(low)
            return [(low, 1 - share), (min(low + 1, input - 1), share)]
        }
    }
    let (depths, heights, widths) = (
        axis(from.depth, to.depth), axis(from.height, to.height), axis(from.width, to.width)
    )
    for sample in 0..<samples {
        for depth in depths {
            for height in heights {
                for width in widths {
                    var corners: [Corner] = []
                    for d in depth {
                        for h in height {
                            for w in width {
                                let plane = (sample * from.depth + d.voxel) * from.height
                                corners.append(
                                    (
                                        (plane + h.voxel) * from.width + w.voxel,
                                        d.weight * h.weight * w.weight
                                    ))
                            }
                        }
                    }
                    body(corners)
                }
            }
        }
    }
}
