/// A published network outside the search space, to compare what was found with.
///
/// - SeeAlso: CovidNet3D, Table 3: ResNet3D-101, DenseNet3D-121 and MC3_18; the sizes printed there
///   are those of three input channels and three classes.
package enum BaselineNetwork: String, CaseIterable, Hashable, Sendable {
    /// Bottleneck residual network, 3-4-23-3 blocks (Hara et al., 2018, arXiv:1711.09577).
    case resNet101 = "resnet3d-101"
    /// Densely connected network, 6-12-24-16 layers of growth 32 (Huang et al., 2017,
    /// arXiv:1608.06993, with 3D kernels).
    case denseNet121 = "densenet3d-121"
    /// 3D convolutions first, then 1×3×3 ones (Tran et al., 2018, arXiv:1711.11248).
    case mixedConvolution18 = "mc3-18"
    /// Basic residual network, 3-4-6-3 blocks (Hara et al., 2018).
    case resNet34 = "resnet3d-34"
    /// Basic residual network, 2-2-2-2 blocks (Hara et al., 2018).
    case resNet18 = "resnet3d-18"
}

extension Architecture {
    /// Where the numbers of published networks start; a space's operations are far below.
    private static let firstBaseline = 200

    /// A published network: one choice that no space has, so that it travels like any other.
    package init(_ network: BaselineNetwork) {
        let index = BaselineNetwork.allCases.firstIndex(of: network) ?? 0
        self.init(choices: [Self.firstBaseline + index])
    }

    /// The published network that this is, or `nil` for a path of a space.
    package var baseline: BaselineNetwork? {
        guard choices.count == 1,
            BaselineNetwork.allCases.indices.contains(choices[0] - Self.firstBaseline)
        else { return nil }
        return BaselineNetwork.allCases[choices[0] - Self.firstBaseline]
    }
}
