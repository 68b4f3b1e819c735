package import Tensors

/// A volume seen in mirrors along some of its axes.
package struct MirroredView: Hashable, Sendable {
    /// Whether depth, height and width are reversed.
    package let axes: [Bool]

    /// A view.
    package init(axes: [Bool]) {
        precondition(axes.count == 3, "a volume has three axes")
        self.axes = axes
    }

    /// All views along the axes with a probability above 0, the plain one first.
    ///
    /// - Parameter flips: How often training mirrored depth, height and width.
    /// - Returns: The views, each once.
    package static func all(flips: [Double]) -> [MirroredView] {
        (0..<8).compactMap { bits in
            let axes = (0..<3).map { bits >> $0 & 1 == 1 }
            return zip(axes, flips).allSatisfy { !$0 || $1 > 0 } ? MirroredView(axes: axes) : nil
        }
    }

    /// Values of shape `[D, H, W, channels]` in the mirror; a second time gives them back.
    package func mirrored(_ values: [Float], size: VolumeSize, channels: Int = 1) -> [Float] {
        guard axes.contains(true) else { return values }
        var result: [Float] = []
        result.reserveCapacity(values.count)
        for z in 0..<size.depth {
            let slice = axes[0] ? size.depth - 1 - z : z
            for y in 0..<size.height {
                let row = axes[1] ? size.height - 1 - y : y
                for x in 0..<size.width {
                    let column = axes[2] ? size.width - 1 - x : x
                    let start = ((slice * size.height + row) * size.width + column) * channels
                    result += values[start..<(start + channels)]
                }
            }
        }
        return result
    }
}
