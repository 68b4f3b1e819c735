package import Tensors

extension Graph {
    /// Where the cells of the features lie in the input.
    ///
    /// A convolution or a maximum with "same" padding and stride s is centred on every s-th voxel from
    /// the first one on; a mean over whole windows is centred within its window.
    package var featureGrid: FeatureGrid {
        var chain: [Node] = []
        var place = features
        while let next = nodes[place].inputs.first {
            chain.append(nodes[place])
            place = next
        }
        var (first, spacing) = ([0.0, 0.0, 0.0], [1.0, 1.0, 1.0])
        for node in chain.reversed() {
            let (stride, isWindow): (VolumeSize, Bool)
            switch node.kind {
            case .convolution(_, _, let step), .pointwise(_, _, let step), .maxPooling(_, let step):
                (stride, isWindow) = (step, false)
            case .averagePooling(let window): (stride, isWindow) = (window, true)
            default: continue
            }
            for (axis, step) in stride.extents.enumerated() {
                if isWindow { first[axis] += spacing[axis] * Double(step - 1) / 2 }
                spacing[axis] *= Double(step)
            }
        }
        return FeatureGrid(input: inputSize, first: first, spacing: spacing)
    }
}
