import Tensors

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
            let turned = seen.grid.mirrored(view, cells: size)
            for axis in 0..<3 { first[axis] += turned.first[axis] / Double(all.count) }
        }
        let (view, seen) = all[0]
        return Explanation(
            volume: Tensor(
                shape: seen.volume.shape,
                elements: view.mirrored(seen.volume.elements, size: seen.grid.input)),
            features: Tensor(shape: shape, elements: features),
            grid: FeatureGrid(
                input: seen.grid.input, first: first, spacing: seen.grid.spacing),
            classifier: seen.classifier, logits: logits)
    }
}

extension FeatureGrid {
    /// Where cells lie in the plain volume when they were seen, and turned back, in a mirror.
    fileprivate func mirrored(_ view: MirroredView, cells: VolumeSize) -> FeatureGrid {
        let places = (0..<3).map { axis in
            let last = first[axis] + spacing[axis] * Double(cells.extents[axis] - 1)
            return view.axes[axis] ? Double(input.extents[axis] - 1) - last : first[axis]
        }
        return FeatureGrid(input: input, first: places, spacing: spacing)
    }
}
