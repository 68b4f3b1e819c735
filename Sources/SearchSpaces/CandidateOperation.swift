/// What a slot of the supernet may compute on its calibrated input.
///
/// - SeeAlso: CovidNet3D, *Search space*; the eight candidates of the paper.
package enum CandidateOperation: Hashable, Sendable, CustomStringConvertible {
    /// An inverted residual: expand by `expansion`, depthwise `kernel`³, project.
    case mobileConvolution(kernel: Int, expansion: Int)
    /// The calibrated input, passed through.
    case skip

    /// The paper's eight candidates, in the order of alpha's columns.
    package static let catalogue: [CandidateOperation] = [
        .mobileConvolution(kernel: 3, expansion: 3),
        .mobileConvolution(kernel: 3, expansion: 4),
        .mobileConvolution(kernel: 3, expansion: 6),
        .mobileConvolution(kernel: 5, expansion: 3),
        .mobileConvolution(kernel: 5, expansion: 4),
        .mobileConvolution(kernel: 7, expansion: 3),
        .mobileConvolution(kernel: 7, expansion: 4),
        .skip,
    ]

    /// The short name, `k5e4` or `skip`.
    package var description: String {
        switch self {
        case .mobileConvolution(let kernel, let expansion): "k\(kernel)e\(expansion)"
        case .skip: "skip"
        }
    }

    /// The catalogue's operation of a short name.
    package init?(named name: String) {
        guard let found = Self.catalogue.first(where: { $0.description == name }) else {
            return nil
        }
        self = found
    }
}
