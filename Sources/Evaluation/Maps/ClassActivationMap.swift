package import Tensors

/// Which places of a scan speak for a class: the classifier's weights applied before pooling.
///
/// `M(d,h,w) = Σₖ W[k,c]·F[d,h,w,k]`. The bias is left out, so the mean of the map plus the bias is
/// the logit. Positive values speak for the class, negative ones against it.
///
/// - SeeAlso: Zhou et al., *Learning deep features for discriminative localization*, 2016.
package struct ClassActivationMap: Hashable, Sendable {
    /// The map at the features' resolution, `[d, h, w]`, in units of the logit.
    package let raw: Tensor
    /// The class that the map is about.
    package let classIndex: Int
    /// Where the map's cells lie in the input; `nil` where they share it among them.
    package let grid: FeatureGrid?
    /// Mirrored views of the scan whose mean the features are.
    package let views: Int

    /// A map from the features that the classifier pools.
    ///
    /// The network must be in evaluation mode: batch statistics of a single scan would change what
    /// the map shows.
    ///
    /// - Parameters:
    ///   - features: Activations of one scan, `[d, h, w, F]` or `[1, d, h, w, F]`.
    ///   - classifier: Weights `[F, classes]`.
    ///   - classIndex: The class to explain.
    ///   - grid: Where the features lie in the input; `nil` where they share it among them.
    ///   - views: Mirrored views of the scan whose mean the features are.
    /// - Throws: ``EvaluationError/shape(of:found:expected:)`` or
    ///   ``EvaluationError/classOutOfRange(_:classes:)``.
    package init(
        features: Tensor, classifier: Tensor, classIndex: Int, grid: FeatureGrid? = nil,
        views: Int = 1
    ) throws(EvaluationError) {
        var shape = features.shape
        if shape.count == 5, shape[0] == 1 { shape.removeFirst() }
        guard shape.count == 4, features.count > 0 else {
            throw .shape(of: "features", found: features.shape, expected: "[d, h, w, F], not empty")
        }
        let width = shape[3]
        guard classifier.shape.count == 2, classifier.shape[0] == width else {
            throw .shape(
                of: "classifier", found: classifier.shape, expected: "[\(width), classes]")
        }
        let classes = classifier.shape[1]
        guard classIndex >= 0, classIndex < classes else {
            throw .classOutOfRange(classIndex, classes: classes)
        }
        let weights = (0..<width).map { Double(classifier.elements[$0 * classes + classIndex]) }
        let values = stride(from: 0, to: features.count, by: width).map { start in
            var sum = 0.0
            for channel in 0..<width {
                sum += weights[channel] * Double(features.elements[start + channel])
            }
            return Float(sum)
        }
        raw = Tensor(shape: Array(shape.dropLast()), elements: values)
        self.classIndex = classIndex
        self.grid = grid
        self.views = views
    }

    /// The size of the raw map.
    package var rawSize: VolumeSize { VolumeSize(raw.shape[0], raw.shape[1], raw.shape[2]) }

    /// The mean of the map: the logit without its bias.
    package var mean: Double { raw.elements.reduce(0) { $0 + Double($1) } / Double(raw.count) }

    /// The map on a grid of some size that covers the input, `[D, H, W]`, by trilinear interpolation.
    package func upsampled(to size: VolumeSize) -> Tensor {
        guard let grid else { return LinearResampling.resample(raw, to: size) }
        return LinearResampling.resample(raw, on: grid, to: size)
    }

    /// What the map's depth allows to be said about single slices.
    package func depthStatement(slices: Int) -> String {
        let mean = views > 1 ? ", the mean of \(views) mirrored views," : ""
        let size = "Raw map \(rawSize)\(mean) for \(slices) slices"
        if rawSize.depth == 1, slices > 1 {
            return size + ": every slice shows the same map. It says nothing about single slices."
        }
        if rawSize.depth < slices {
            return size + ": neighbouring slices share evidence; finer depth is interpolated."
        }
        return size + ": one layer per slice."
    }
}
