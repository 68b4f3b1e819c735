package import Tensors

/// Where the feature maps of a network lie in its input.
package struct FeatureCentres: Hashable, Sendable {
    /// The size of the input.
    package let input: VolumeSize
    /// The input voxel at the centre of what the first cell sees, along depth, height and width.
    package let first: [Double]
    /// Input voxels from cell to cell along depth, height and width.
    package let spacing: [Double]

    /// Centres.
    package init(input: VolumeSize, first: [Double], spacing: [Double]) {
        self.input = input
        self.first = first
        self.spacing = spacing
    }
}

extension Graph {
    /// Where the cells of the features lie in the input.
    ///
    /// A convolution or a maximum with "same" padding and stride s is centred on every s-th voxel from
    /// the first one on; a mean over whole windows is centred within its window.
    package var featureCentres: FeatureCentres {
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
            for (axis, step) in [stride.depth, stride.height, stride.width].enumerated() {
                if isWindow { first[axis] += spacing[axis] * Double(step - 1) / 2 }
                spacing[axis] *= Double(step)
            }
        }
        return FeatureCentres(input: inputSize, first: first, spacing: spacing)
    }
}
