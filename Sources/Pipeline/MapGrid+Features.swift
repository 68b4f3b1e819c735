import Evaluation
import Graphs

extension MapGrid {
    /// The grid of a network's feature maps.
    init(_ centres: FeatureCentres) {
        self.init(input: centres.input, first: centres.first, spacing: centres.spacing)
    }
}
