import Graphs
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

extension Explanation {
    /// The mean of what a network sees in several views of a volume, each turned back.
    ///
    /// Averages forget where things were, so a network may answer beside what it answers to, always
    /// on the same side. Over mirrored views that cancels out. Maps are linear in the features: the
    /// mean map explains the mean logits.
    ///
    /// - Parameters:
    ///   - views: The views.
    ///   - look: What the network sees in a mirrored volume.
    /// - Returns: The mean, about the plain volume.
    package static func mean(
        of views: [MirroredView], look: (MirroredView) throws -> Explanation
    ) rethrows -> Explanation {
        precondition(!views.isEmpty, "a mean needs a view")
        let all = try views.map { view in (view, try look(view)) }
        let shape = all[0].1.features.shape
        let size = VolumeSize(shape[1], shape[2], shape[3])
        let share = 1 / Float(all.count)
        var features = [Float](repeating: 0, count: all[0].1.features.count)
        var logits = [Float](repeating: 0, count: all[0].1.logits.count)
        var first = [0.0, 0.0, 0.0]
        for (view, seen) in all {
            let back = view.mirrored(seen.features.elements, size: size, channels: shape[4])
            for index in features.indices { features[index] += share * back[index] }
            for index in logits.indices { logits[index] += share * seen.logits[index] }
            let centres = seen.centres
            let extents = [centres.input.depth, centres.input.height, centres.input.width]
            for axis in 0..<3 {
                let last = centres.first[axis] + centres.spacing[axis] * Double(shape[axis + 1] - 1)
                let place = view.axes[axis] ? Double(extents[axis] - 1) - last : centres.first[axis]
                first[axis] += place / Double(all.count)
            }
        }
        let (view, seen) = all[0]
        return Explanation(
            volume: Tensor(
                shape: seen.volume.shape,
                elements: view.mirrored(seen.volume.elements, size: seen.centres.input)),
            features: Tensor(shape: shape, elements: features),
            centres: FeatureCentres(
                input: seen.centres.input, first: first, spacing: seen.centres.spacing),
            classifier: seen.classifier, logits: logits)
    }
}
