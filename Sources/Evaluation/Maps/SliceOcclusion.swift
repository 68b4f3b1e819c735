package import Tensors

/// How much a class's logit falls when one slice is replaced by the mean of its neighbours.
///
/// Unlike a map whose raw depth is 1, this does tell slices apart. It misses evidence that several
/// neighbouring slices share: each of them alone can be replaced without loss.
package struct SliceOcclusion: Hashable, Codable, Sendable {
    /// The logit of the untouched scan.
    package let baseline: Double
    /// The logit with slice j replaced.
    package let occluded: [Double]

    /// A curve from logits that were computed elsewhere.
    package init(baseline: Double, occluded: [Double]) {
        self.baseline = baseline
        self.occluded = occluded
    }

    /// Asks for the logit of the scan and of every occluded copy.
    ///
    /// - Parameters:
    ///   - volume: The network's input, `[D, H, W]` or `[D, H, W, C]`.
    ///   - logit: The logit of the class in question for such an input.
    /// - Throws: What `logit` throws.
    /// - Complexity: D + 1 calls of `logit`.
    package init<Failure>(
        volume: Tensor, logit: (Tensor) throws(Failure) -> Double
    ) throws(Failure) {
        baseline = try logit(volume)
        var occluded: [Double] = []
        for slice in 0..<volume.shape[0] {
            occluded.append(try logit(Self.replacing(slice: slice, in: volume)))
        }
        self.occluded = occluded
    }

    /// The baseline minus the occluded logit: positive where the slice spoke for the class.
    package var drops: [Double] { occluded.map { baseline - $0 } }

    /// A volume with one slice replaced by the mean of its neighbours; a first or last slice by its
    /// only neighbour, an only slice by its own mean.
    package static func replacing(slice: Int, in volume: Tensor) -> Tensor {
        let depth = volume.shape[0]
        let area = volume.count / depth
        var result = volume
        let start = slice * area
        if depth == 1 {
            let mean = volume.elements.reduce(0) { $0 + Double($1) } / Double(area)
            return Tensor(repeating: Float(mean), shape: volume.shape)
        }
        let before = (slice > 0 ? slice - 1 : slice + 1) * area
        let after = (slice + 1 < depth ? slice + 1 : slice - 1) * area
        for offset in 0..<area {
            let sum = volume.elements[before + offset] + volume.elements[after + offset]
            result.elements[start + offset] = sum / 2
        }
        return result
    }
}
